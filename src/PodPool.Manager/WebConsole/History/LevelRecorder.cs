using PodPool.Manager.Leading;
using PodPool.Manager.Pools;

namespace PodPool.Manager.WebConsole.History;

/// <summary>Looks at every pool once a second, whether somebody watches or not: one short question to each, and nothing in the way of a claim.</summary>
internal sealed class LevelRecorder(PoolSet pools, Leadership leadership, TimeProvider time) : IHostedService, IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LevelHistory> _histories = [];
    private ITimer? _timer;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(_ => Look(), null, TimeSpan.Zero, Second);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    /// <summary>What is known of each pool, oldest first.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<LevelSample>> Read()
    {
        lock (_gate)
        {
            return _histories.ToDictionary(pool => pool.Key, pool => pool.Value.Read());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Look()
    {
        // One that stands by has pools with nothing in them, and would remember that.
        if (leadership.Current is null)
        {
            return;
        }

        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var all = pools.All.ToList();
        lock (_gate)
        {
            foreach (var gone in _histories.Keys.Except(all.Select(pool => pool.Name)).ToList())
            {
                _histories.Remove(gone);
            }

            foreach (var pool in all)
            {
                if (!_histories.TryGetValue(pool.Name, out var history))
                {
                    _histories.Add(pool.Name, history = new());
                }

                history.Add(new(now, Levels.Of(pool.Status)));
            }
        }
    }
}
