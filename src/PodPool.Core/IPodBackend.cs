namespace PodPool.Core;

/// <summary>
/// The world a pool acts on. Every method asks for something and returns at once; it neither blocks, nor throws, nor calls the
/// pool back before it returned. What came of it is told by the pool's events, in any order, late, twice or never.
/// </summary>
public interface IPodBackend
{
    /// <summary>Make a generic pod of this name. Answers: <see cref="Pool.PodObserved"/>, <see cref="Pool.CreationFailed"/>.</summary>
    void Create(PodId pod);

    /// <summary>
    /// Turn a warm pod into an instance. The label patch of a cluster is the backend's own affair. Answers:
    /// <see cref="Pool.Specialized"/>, <see cref="Pool.SpecializationFailed"/>.
    /// </summary>
    void Specialize(ClaimOrder order);

    /// <summary>Let running requests end. Answers: <see cref="Pool.Drained"/> (also when it could not be asked).</summary>
    void Drain(PodId pod, TimeSpan grace);

    /// <summary>End a pod for good; repeated until <see cref="Pool.PodGone"/> says it is gone.</summary>
    void Delete(PodId pod, DeleteReason reason);
}

/// <summary>Why a pod is deleted.</summary>
public enum DeleteReason
{
    /// <summary>It drained: idle, replaced or its function deleted.</summary>
    Drained,

    /// <summary>Its specialization failed.</summary>
    SpecializationFailed,

    /// <summary>It did not become warm in time.</summary>
    StartFailed,

    /// <summary>The pool shrank.</summary>
    Surplus,

    /// <summary>It is bound to something this pool does not know, or to nothing it could tell.</summary>
    Unowned,

    /// <summary>It reported that it failed.</summary>
    Failed,
}

/// <summary>An order to specialize a pod.</summary>
/// <param name="Claim">The claim, for the pod to judge by.</param>
/// <param name="Pod">The pod taken.</param>
/// <param name="Function">The function as it was when the claim was made.</param>
/// <param name="Deadline">How long it may take.</param>
public sealed record ClaimOrder(ClaimId Claim, PodId Pod, FunctionSpec Function, TimeSpan Deadline)
{
    /// <summary>A pod was wanted before, and none was warm; that was told then (<see cref="PoolEventKind.Miss"/>).</summary>
    public bool Missed { get; init; }
}

/// <summary>What the backend knows of a pod. Level, not edge: the same observation twice changes nothing.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Phase">What the pod says of itself.</param>
/// <param name="Node">Where it runs; one name on a single machine.</param>
/// <param name="Binding">What it is bound to, from <see cref="PodPhase.Specializing"/> on.</param>
public sealed record PodObservation(PodId Pod, PodPhase Phase, string Node, PodBinding? Binding = null)
{
    /// <summary>Digests of the packages whose files it holds: functions of these prefer it. Default: none.</summary>
    public IReadOnlyList<string> HeldPackages { get; init; } = [];

    /// <summary>What it was made from, as <see cref="PoolSpec.Template"/> names it. Default: empty, nobody knows.</summary>
    public string Template { get; init; } = "";

    /// <summary>What keeps it from becoming warm, as far as the backend knows; part of the message if it never does. Default: nothing.</summary>
    public string Trouble { get; init; } = "";
}

/// <summary>What a pod is bound to, for good.</summary>
public sealed record PodBinding(FunctionName Function, string Revision, ClaimId Claim);

/// <summary>What a pod says of itself.</summary>
public enum PodPhase
{
    /// <summary>Runs, or will; not rehearsed yet.</summary>
    Starting,

    /// <summary>Can be claimed.</summary>
    Warm,

    /// <summary>Took a claim, has not answered yet.</summary>
    Specializing,

    /// <summary>Is an instance.</summary>
    Serving,

    /// <summary>Ends its last requests.</summary>
    Draining,

    /// <summary>Failed for good.</summary>
    Failed,
}
