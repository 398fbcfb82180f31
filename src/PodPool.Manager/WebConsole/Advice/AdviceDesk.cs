using PodPool.Core;
using PodPool.Manager.Pools;

namespace PodPool.Manager.WebConsole.Advice;

/// <summary>
/// Gives advice on pools to who asks, one after the other: a processor is busy with it for a while, and only one shall be. What was reckoned is kept for
/// <see cref="Keeps"/>, or until the pool is kept otherwise.
/// </summary>
/// <param name="pools">The pools.</param>
/// <param name="options">Says whether they are objects of a cluster.</param>
/// <param name="time">The clock.</param>
/// <param name="advise">Reckons; on a thread of its own, which it leaves when it is cancelled.</param>
internal sealed class AdviceDesk(PoolSet pools, ManagerOptions options, TimeProvider time, Func<AdviceCase, CancellationToken, PoolAdvice> advise) : IDisposable
{
    /// <summary>How long advice is good.</summary>
    public static readonly TimeSpan Keeps = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _turn = new(1);

    // Touched by whose turn it is.
    private readonly Dictionary<PoolRunner, (PoolSpec Of, long At, PoolAdvice Advice)> _kept = [];

    /// <summary>Advice on a pool; null: there is none of that name.</summary>
    /// <exception cref="OperationCanceledException">Who asked has left.</exception>
    public async Task<PoolAdvice?> AskAsync(string name, CancellationToken cancellationToken)
    {
        if (pools.Find(name) is not { Trace: { } trace } pool)
        {
            return null;
        }

        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var asked = AdviceCase.Of(pool, trace, isObject: options.Kubernetes is not null);
            if (_kept.TryGetValue(pool, out var kept) && kept.Of == asked.Spec && time.GetElapsedTime(kept.At) < Keeps)
            {
                return kept.Advice;
            }

            // Not on a thread of the pool: what serves routers needs them all.
            var advice = await Task.Factory.StartNew(
                () => advise(asked, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).ConfigureAwait(false);
            Keep(pool, asked, advice);
            return advice;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private void Keep(PoolRunner pool, AdviceCase asked, PoolAdvice advice)
    {
        foreach (var gone in _kept.Keys.Except(pools.All).ToList())
        {
            _kept.Remove(gone);
        }

        // Too little may be enough in a minute, and is soon said again.
        if (asked.IsEnough)
        {
            _kept[pool] = (asked.Spec, time.GetTimestamp(), advice);
        }
    }
}
