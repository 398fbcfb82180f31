namespace PodPool.Core;

/// <summary>Who is told what the pool decided. Called while the pool is locked: note it down and return; never call the pool back.</summary>
public interface IPoolListener
{
    /// <summary>An acquire has its answer; exactly once for each that was not cancelled.</summary>
    void Answered(AcquireId acquire, AcquireAnswer answer);

    /// <summary>The function's route changed: read <see cref="Pool.RouteOf"/>. <see cref="Pool.RouteVersion"/> has grown.</summary>
    void RouteChanged(FunctionName function, long version);

    /// <summary>Something a person may want to see.</summary>
    void Happened(PoolEvent happened);
}

/// <summary>The answer to an acquire.</summary>
public abstract record AcquireAnswer
{
    private AcquireAnswer()
    {
    }

    /// <summary>An instance serves.</summary>
    /// <param name="Pod">The instance.</param>
    /// <param name="Revision">What it runs.</param>
    /// <param name="Miss">The pool was empty when the claim was wanted.</param>
    /// <param name="Queued">From the acquire until its claim began; zero if the claim was there before.</param>
    /// <param name="Phases">What the pod took; all zero if it served before the acquire, which then waited for none of it.</param>
    public sealed record Instance(PodId Pod, string Revision, bool Miss, TimeSpan Queued, StartPhases Phases) : AcquireAnswer;

    /// <summary>No instance.</summary>
    /// <param name="Why">Which kind.</param>
    /// <param name="Fault">What went wrong, if something did.</param>
    /// <param name="RetryAfter">When it may be better.</param>
    public sealed record Refused(RefusalReason Why, StartFault? Fault, TimeSpan RetryAfter) : AcquireAnswer;
}

/// <summary>Why an acquire got no instance.</summary>
public enum RefusalReason
{
    /// <summary>The pool does not know the function.</summary>
    FunctionNotFound,

    /// <summary>No pod became warm before the deadline, or at once with <see cref="EmptyPoolPolicy.Reject"/>.</summary>
    PoolEmpty,

    /// <summary>The code failed to start now.</summary>
    StartFailed,

    /// <summary>The code failed to start lately, and is not tried again yet.</summary>
    BreakerOpen,

    /// <summary>The platform failed as often as it may, now or lately; it is not tried again yet.</summary>
    PodsFailed,

    /// <summary>All instances are busy and there may be no more, until the deadline.</summary>
    ScaleLimit,

    /// <summary>The function was deleted meanwhile.</summary>
    FunctionDeleted,

    /// <summary>A pod was claimed, but its start did not end before the deadline.</summary>
    StartTimedOut,
}

/// <summary>What a pod took to become an instance.</summary>
public readonly record struct StartPhases(TimeSpan Claim, TimeSpan Transfer, TimeSpan Load, TimeSpan Start);

/// <summary>Why a specialization failed.</summary>
/// <param name="OfCode">The package is at fault: no other pod would do better.</param>
/// <param name="Reason">The wire name of the reason.</param>
/// <param name="Message">For a person.</param>
public sealed record StartFault(bool OfCode, string Reason, string Message);

/// <summary>Something a person may want to see.</summary>
/// <param name="Kind">What.</param>
/// <param name="Pod">Of which pod.</param>
/// <param name="Function">Of which function.</param>
/// <param name="Reason">The wire name of a reason, if there is one.</param>
/// <param name="Message">For a person.</param>
public sealed record PoolEvent(PoolEventKind Kind, PodId? Pod = null, FunctionName? Function = null, string Reason = "", string Message = "")
{
    /// <summary>Of a miss: how many pods were wanted and not there.</summary>
    public int Missed { get; init; }
}

/// <summary>Kinds of <see cref="PoolEvent"/>.</summary>
public enum PoolEventKind
{
    PodCreating,
    PodWarm,
    Claimed,
    Miss,
    Serving,
    StartFailed,
    Draining,
    PodGone,
    PodAdopted,
    RefillStopped,
    RefillResumed,
    BreakerOpened,
    BreakerClosed,
}
