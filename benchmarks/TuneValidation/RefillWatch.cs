using System.Diagnostics;

namespace PodPool.Benchmarks;

/// <summary>
/// How long refills take while a load runs, from the pool's numbers alone, looked at every 10 ms: pods ordered so far are those that start, are warm or were
/// claimed; pods that became warm so far are those that are or were claimed; the oldest order is the first to be warm.
/// </summary>
internal sealed class RefillWatch(LocalPlatform platform)
{
    private readonly Queue<long> _orders = new();

    public List<double> Seconds { get; } = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (ordered, warmed) = (-1L, -1L);
        while (!cancellationToken.IsCancellationRequested)
        {
            var pool = await platform.PoolAsync();
            var now = Stopwatch.GetTimestamp();
            var (orders, warms) = (pool.Starting + pool.Warm + pool.Claims, pool.Warm + pool.Claims);
            if (ordered < 0)
            {
                (ordered, warmed) = (orders, warms);
            }

            for (; ordered < orders; ordered++)
            {
                _orders.Enqueue(now);
            }

            for (; warmed < warms; warmed++)
            {
                if (_orders.TryDequeue(out var since))
                {
                    Seconds.Add(Stopwatch.GetElapsedTime(since, now).TotalSeconds);
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }
    }
}
