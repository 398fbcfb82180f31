using PodPool.Cli.Functions;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Pools;

/// <summary>A pool as <c>--output json</c> gives it; a maximum of 0 is no limit.</summary>
internal sealed record PoolView(
    string Pool,
    int Size,
    int Max,
    int Starting,
    int Warm,
    int Claimed,
    int Serving,
    int Draining,
    long Claims,
    long Misses,
    IReadOnlyList<ConditionView> Conditions,
    PoolSizingView? Sizing)
{
    /// <summary>A pool as its object tells of it.</summary>
    public static PoolView Of(RuntimePoolResource pool)
    {
        var status = pool.Status ?? new();
        return new(
            ObjectName.Of(pool).ToString(),
            pool.Status is null ? pool.Spec.Size.Warm : status.Target,
            pool.Spec.Size.Max,
            status.Starting,
            status.Warm,
            status.Claimed,
            status.Serving,
            status.Draining,
            status.Claims,
            status.Misses,
            [.. status.Conditions.Select(ConditionView.Of)],
            status.Size is { } size
                ? new(size.Why, size.Demand, size.Expected, size.Burstiness, size.RefillP50, size.RefillP99, size.PredictedMissProbability, size.ActualMissRate)
                : null);
    }

    public static PoolView Of(PoolStatus status) => new(
        status.Pool,
        status.Size,
        status.Max,
        status.Starting,
        status.Warm,
        status.Claimed,
        status.Serving,
        status.Draining,
        status.Claims,
        status.Misses,
        [.. status.Conditions.Select(ConditionView.Of)],
        PoolSizingView.Of(status.Sizing));
}

/// <summary>Why a pool has its size: claims a second, seconds, shares; null where nothing is known of it.</summary>
internal sealed record PoolSizingView(
    string Why, double? Demand, double? Expected, double? Burstiness, double? RefillP50, double? RefillP99, double? PredictedMissProbability, double? ActualMissRate)
{
    public static PoolSizingView? Of(PoolSizing? sizing) => sizing is null ? null : new(
        sizing.Why, sizing.Forecast?.Demand, sizing.Forecast?.Expected, sizing.Forecast?.Burstiness,
        sizing.Forecast?.RefillP50.ToTimeSpan().TotalSeconds, sizing.Forecast?.RefillP99.ToTimeSpan().TotalSeconds,
        sizing.Forecast?.PredictedMissProbability, sizing.Forecast is { HasActualMissRate: true } forecast ? forecast.ActualMissRate : null);
}
