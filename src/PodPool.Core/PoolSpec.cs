using System.Collections.Frozen;

namespace PodPool.Core;

/// <summary>How a pool is kept. Times are on the <see cref="TimeProvider"/>'s monotonic clock.</summary>
public sealed record PoolSpec
{
    /// <summary>The pool's name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// What new pods are made from, by a name of the backend's. Warm pods that were made from something else are replaced, the new ones first; instances
    /// stay. Default: empty, all pods are alike.
    /// </summary>
    public string Template { get; init; } = "";

    /// <summary>Warm pods to keep. At least 0. With <see cref="Auto"/>: to begin with, if nothing is known.</summary>
    public required int Warm { get; init; }

    /// <summary>The pool finds out itself how many warm pods to keep. Default: null, it keeps <see cref="Warm"/>.</summary>
    public SizeAuto? Auto { get; init; }

    /// <summary>Checks what is asked for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Something cannot be; the message says what would be right.</exception>
    public void Check() => SpecRules.Check(this);

    /// <summary>Times at which there are more warm pods. Default: none.</summary>
    public IReadOnlyList<SizeSchedule> Schedules { get; init; } = [];

    /// <summary>Warm pods that only these functions may claim, beside those that they share with all others. They come on top of the size. Default: none.</summary>
    public IReadOnlyDictionary<FunctionName, int> Reserve { get; init; } = FrozenDictionary<FunctionName, int>.Empty;

    /// <summary>Pods in all, whatever they do; creation stops there. Default: no limit.</summary>
    public int Max { get; init; } = int.MaxValue;

    /// <summary>Creations a second, in the long run. Default: 10.</summary>
    public double RefillPerSecond { get; init; } = 10;

    /// <summary>Creations at once after a quiet time; at least 1. Default: 20.</summary>
    public int RefillBurst { get; init; } = 20;

    /// <summary>Pods that may be starting at once; at least 1. Default: no limit.</summary>
    public int RefillParallelism { get; init; } = int.MaxValue;

    /// <summary>
    /// As <see cref="RefillParallelism"/>, for 5 s after a claim, while a pod is warm and nobody waits for one: where pods that start share processors with
    /// those that serve, a pool that has some left need not hurry at the cost of the next first request. At least 1. Default: no such limit.
    /// </summary>
    public int RefillParallelismWhileWarm { get; init; } = int.MaxValue;

    /// <summary>
    /// How long a refill waits for running claims to end while warm pods are left, so that starting processes do not take the
    /// processor from a first request on the same machine. Zero (default): never.
    /// </summary>
    public TimeSpan RefillYield { get; init; }

    /// <summary>A pod that is not warm so long after its creation has failed. Default: 2 min.</summary>
    public TimeSpan StartDeadline { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A claim that has no answer after this has failed, and its pod with it. Default: 45 s.</summary>
    public TimeSpan SpecializeDeadline { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>What requests get to end when their instance drains. Default: 30 s.</summary>
    public TimeSpan DrainGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Failed creations in a row after which refill stops and says so. Default: 5.</summary>
    public int StopRefillAfter { get; init; } = 5;

    /// <summary>After how long a stopped refill tries one pod again; doubles with each failure up to <see cref="RefillRetryMax"/>. Default: 10 s.</summary>
    public TimeSpan RefillRetry { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Default: 5 min.</summary>
    public TimeSpan RefillRetryMax { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a function's breaker stays open after its first failed start; doubles up to <see cref="BreakerMax"/>. Default: 1 s.</summary>
    public TimeSpan Breaker { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Default: 60 s.</summary>
    public TimeSpan BreakerMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Pods tried for one start in all, when the platform fails. Default: 3.</summary>
    public int ClaimAttempts { get; init; } = 3;

    /// <summary>How long routers get to acknowledge that an instance is out of routing before it is drained anyway. Default: 2 s.</summary>
    public TimeSpan RouteAckTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
