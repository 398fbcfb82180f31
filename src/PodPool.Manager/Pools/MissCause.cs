using PodPool.Core;

namespace PodPool.Manager.Pools;

/// <summary>Why a pool had no warm pod when one was wanted, for people.</summary>
internal static class MissCause
{
    /// <summary>By how the pool was right after the miss, when it had ordered what it may.</summary>
    public static string Of(PoolStatus pool) => pool switch
    {
        { Stopped: { } stop } => $"refill has stopped: {stop.Message}",
        { Trouble.Length: > 0 } => $"pods do not start: {pool.Trouble}",
        { Target: 0 } => "the pool keeps no warm pods",
        _ when pool.Starting + pool.Warm + pool.Claimed + pool.Serving + pool.Draining >= pool.Spec.Max => "the pool has as many pods as it may",
        { Starting: > 0 } => "every warm pod was taken, and new ones were still starting",
        _ => "every warm pod was taken, and refill had to wait",
    };
}
