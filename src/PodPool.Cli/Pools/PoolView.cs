using PodPool.Cli.Functions;
using PodPool.Contracts.V1;

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
