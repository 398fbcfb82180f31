using PodPool.Core;
using PodPool.Manager.Pools;
using PodPool.Simulation;

namespace PodPool.Manager.WebConsole.Advice;

/// <summary>How long a pool's refills take, from the order of a pod until it is warm.</summary>
/// <param name="Times">The median and the 99th percentile.</param>
/// <param name="AreMeasured">Some were seen; if not, they are assumed.</param>
internal sealed record RefillFigures(Spread Times, bool AreMeasured)
{
    /// <summary>What the pool reckons its own size with, if it does; else those that were seen.</summary>
    public static RefillFigures Of(PoolStatus status, PoolTrace trace)
    {
        if (status.Size?.Forecast is { RefillsMeasured: > 0 } forecast)
        {
            return new(InOrder(forecast.RefillP50, forecast.RefillP99), AreMeasured: true);
        }

        var seen = trace.Refills.After(0).Items.Order().ToList();
        return seen.Count == 0 ? new(SimulationSettings.AssumedRefill, AreMeasured: false) : new(InOrder(At(seen, 0.5), At(seen, 0.99)), AreMeasured: true);
    }

    /// <summary>The smallest that so large a share does not exceed.</summary>
    private static TimeSpan At(List<TimeSpan> sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)];

    private static Spread InOrder(TimeSpan median, TimeSpan p99) => new(median, p99 < median ? median : p99);
}
