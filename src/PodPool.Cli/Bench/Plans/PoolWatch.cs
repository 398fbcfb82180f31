using Grpc.Core;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Bench.Plans;

/// <summary>Looks at a pool from time to time. What is kept stays small: when there is too much of it, every second look is dropped, and it looks half as often.</summary>
internal sealed class PoolWatch(Operator.OperatorClient server, string pool, TimeSpan every, TimeProvider time)
{
    private const int MaxLooks = 4000;

    private readonly List<(TimeSpan At, PoolStatus Pool)> _looks = [];
    private readonly List<StageMark> _stages = [];
    private readonly Lock _lock = new();
    private readonly long _begin = time.GetTimestamp();
    private TimeSpan _every = every;

    /// <summary>A stage begins.</summary>
    public void Mark(string stage)
    {
        lock (_lock)
        {
            _stages.Add(new(Milliseconds(time.GetElapsedTime(_begin)), stage));
        }
    }

    /// <summary>Looks until it is told to stop, or the manager does not answer: who measures will say so.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var answer = await server.ListPoolsAsync(new ListPoolsRequest(), cancellationToken: stop);
                if (answer.Pools.FirstOrDefault(found => found.Pool == pool) is { } found)
                {
                    Keep(found);
                }

                await Task.Delay(_every, time, stop).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is RpcException or OperationCanceledException)
        {
            // The end, one way or the other.
        }
    }

    public PoolTimeline Result(string scenario)
    {
        lock (_lock)
        {
            IReadOnlyList<double> Column(Func<PoolStatus, double> of) => [.. _looks.Select(look => of(look.Pool))];
            var (misses, claims) = _looks.Count == 0 ? (0, 0) : (_looks[0].Pool.Misses, _looks[0].Pool.Claims);
            return new(
                scenario,
                pool,
                [.. _looks.Select(look => Milliseconds(look.At))],
                Column(look => look.Warm),
                Column(look => look.Starting),
                Column(look => look.Serving + look.Claimed),
                Column(look => look.Misses - misses),
                Column(look => look.Claims - claims),
                [.. _stages]);
        }
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds);

    private void Keep(PoolStatus found)
    {
        lock (_lock)
        {
            _looks.Add((time.GetElapsedTime(_begin), found));
            if (_looks.Count >= MaxLooks)
            {
                var index = 0;
                _looks.RemoveAll(_ => index++ % 2 == 1);
                _every *= 2;
            }
        }
    }
}
