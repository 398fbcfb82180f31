namespace PodPool.Core;

/// <summary>A pool's numbers, now.</summary>
public sealed record PoolStatus(
    PoolSpec Spec, int Starting, int Warm, int Claimed, int Serving, int Draining, long Claims, long Misses, RefillStop? Stopped)
{
    /// <summary>What keeps one of the starting pods from becoming warm, for people; empty: nothing that is known.</summary>
    public string Trouble { get; init; } = "";

    /// <summary>How many warm pods are kept and why; null: <see cref="PoolSpec.Warm"/>, and nothing else has a say.</summary>
    public SizeDecision? Size { get; init; }

    /// <summary>Warm pods to keep, now.</summary>
    public int Target => Size?.Warm ?? Spec.Warm;

    /// <summary>Pods do not start as they should.</summary>
    public bool IsDegraded => Stopped is not null || Trouble.Length > 0;
}

/// <summary>Refill has stopped.</summary>
/// <param name="Message">The last failure.</param>
/// <param name="RetryIn">Until the next try.</param>
public sealed record RefillStop(string Message, TimeSpan RetryIn);

/// <summary>A function's state, now.</summary>
public sealed record FunctionStatus(
    FunctionSpec Spec, IReadOnlyList<InstanceStatus> Instances, int Waiting, int InFlight, StartFault? LastFault, TimeSpan? BreakerOpenFor);

/// <summary>One pod that is bound, or being bound, to a function.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Revision">The revision.</param>
/// <param name="State">Claimed, serving or draining.</param>
/// <param name="Node">Where it runs.</param>
public sealed record InstanceStatus(PodId Pod, string Revision, PodState State, string Node);

/// <summary>Where a router may send requests for a function.</summary>
/// <param name="Function">
/// The function as its routed instances know it, so while an older revision serves that one's; null: it is gone.
/// </param>
/// <param name="Instances">
/// Serving instances in routing, all of one revision: the newest that serves and bears the load, or as much as the one before did;
/// never one that drains.
/// </param>
public sealed record FunctionRouting(FunctionSpec? Function, IReadOnlyList<RoutedInstance> Instances);

/// <summary>One instance in routing.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Revision">What it runs.</param>
/// <param name="Miss">The pool was empty when its claim was wanted.</param>
/// <param name="Phases">What its start took; all zero if nobody here saw it.</param>
public readonly record struct RoutedInstance(PodId Pod, string Revision, bool Miss = false, StartPhases Phases = default);

/// <summary>A pod's state in the pool's books. No way leads back to <see cref="Warm"/>.</summary>
public enum PodState
{
    /// <summary>Ordered, or seen but not warm yet.</summary>
    Starting,

    /// <summary>Can be claimed.</summary>
    Warm,

    /// <summary>Taken for a function, not serving yet.</summary>
    Claimed,

    /// <summary>An instance.</summary>
    Serving,

    /// <summary>Out of routing; its last requests end.</summary>
    Draining,

    /// <summary>Being deleted.</summary>
    Gone,
}
