using System.Diagnostics;

namespace PodPool.Benchmarks;

/// <summary>
/// How long refills take while a load runs, from the pool's numbers alone, looked at every 10 ms: pods ordered so far are those that start, are warm or were
/// claimed; pods that became warm so far are those that are or were claimed; the oldest order is the first to be warm.
/// </summary>
internal sealed class RefillWatch(LocalPlatform platform)
{
    private readonly Queue<(long At, int Others)> _orders = new();
    private readonly List<(double Seconds, int Others)> _refills = [];

    /// <summary>How long those took that were ordered when no other was under way, in seconds, sorted; all, if those are few.</summary>
    public IReadOnlyList<double> Alone => _refills.Count(refill => refill.Others == 0) >= 20 ? Sorted(others => others == 0) : Sorted(_ => true);

    /// <summary>How much longer, as a share, they took for each other that was under way: by the medians of those with none and with one or more.</summary>
    public double Slowdown
    {
        get
        {
            var together = Sorted(others => others > 0);
            var others = _refills.Where(refill => refill.Others > 0).Select(refill => (double)refill.Others).DefaultIfEmpty(1).Average();
            return together.Count < 10 || _refills.Count(refill => refill.Others == 0) < 20 ? 0 : Math.Max(0, ((together[together.Count / 2] / Alone[Alone.Count / 2]) - 1) / others);
        }
    }

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
                _orders.Enqueue((now, _orders.Count));
            }

            for (; warmed < warms; warmed++)
            {
                if (_orders.TryDequeue(out var order))
                {
                    _refills.Add((Stopwatch.GetElapsedTime(order.At, now).TotalSeconds, order.Others));
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
        }
    }

    private List<double> Sorted(Func<int, bool> which) => [.. _refills.Where(refill => which(refill.Others)).Select(refill => refill.Seconds).Order()];
}
