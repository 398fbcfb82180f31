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
    IReadOnlyList<ConditionView> Conditions)
{
    /// <summary>A pool as its object tells of it.</summary>
    public static PoolView Of(RuntimePoolResource pool)
    {
        var status = pool.Status ?? new();
        return new(
            ObjectName.Of(pool).ToString(),
            pool.Spec.Size.Warm,
            pool.Spec.Size.Max,
            status.Starting,
            status.Warm,
            status.Claimed,
            status.Serving,
            status.Draining,
            status.Claims,
            status.Misses,
            [.. status.Conditions.Select(ConditionView.Of)]);
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
        [.. status.Conditions.Select(ConditionView.Of)]);
}
