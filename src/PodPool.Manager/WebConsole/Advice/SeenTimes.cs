using PodPool.Core;
using PodPool.Manager.Operations;
using PodPool.Manager.Pools;
using PodPool.Simulation;

namespace PodPool.Manager.WebConsole.Advice;

/// <summary>How long something of a pool takes.</summary>
/// <param name="Times">The median and the 99th percentile.</param>
/// <param name="AreMeasured">Some were seen; if not, they are assumed.</param>
internal sealed record SeenTimes(Spread Times, bool AreMeasured)
{
    /// <summary>Refills, from the order of a pod until it is warm: those that the pool reckons its own size with, if it does; else those that were seen.</summary>
    public static SeenTimes OfRefills(PoolStatus status, PoolTrace trace) => status.Size?.Forecast is { RefillsMeasured: > 0 } forecast
        ? new(InOrder(forecast.RefillP50, forecast.RefillP99), AreMeasured: true)
        : Of(trace.Refills, SimulationSettings.AssumedRefill);

    /// <summary>Starts, from the claim of a pod until it serves.</summary>
    public static SeenTimes OfStarts(PoolTrace trace) => Of(trace.Starts, SimulationSettings.AssumedStart);

    private static SeenTimes Of(Recent<TimeSpan> last, Spread assumed)
    {
        var seen = last.After(0).Items.Order().ToList();
        return seen.Count == 0 ? new(assumed, AreMeasured: false) : new(InOrder(At(seen, 0.5), At(seen, 0.99)), AreMeasured: true);
    }

    /// <summary>The smallest that so large a share does not exceed.</summary>
    private static TimeSpan At(List<TimeSpan> sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)];

    private static Spread InOrder(TimeSpan median, TimeSpan p99) => new(median, p99 < median ? median : p99);
}
