#pragma warning disable CS9113
namespace PodPool.Core;

/// <summary>
/// One runtime pool: its pods, the functions that draw on it, and every decision about them. Deterministic: the same calls at the
/// same times on the clock give the same orders. No I/O, no thread, no timer of its own; safe to call from many threads.
/// </summary>
/// <param name="spec">How the pool is kept.</param>
/// <param name="backend">Does what the pool orders.</param>
/// <param name="listener">Is told what the pool decided.</param>
/// <param name="time">The clock; only its timestamps are read, so jumps of the wall clock do nothing.</param>
/// <param name="newName">Makes names that were never used before, for pods and claims.</param>
public sealed class Pool(PoolSpec spec, IPodBackend backend, IPoolListener listener, TimeProvider time, Func<string> newName)
{
    // ---- what the backend tells

    /// <summary>A pod's state. Pods the pool does not know (it was restarted) are adopted or, if nobody can own them, deleted.</summary>
    public void PodObserved(PodObservation observation) => throw new NotImplementedException();

    /// <summary>The backend could not make a pod.</summary>
    public void CreationFailed(PodId pod, string message) => throw new NotImplementedException();

    /// <summary>A pod does not exist (any more).</summary>
    public void PodGone(PodId pod, string message) => throw new NotImplementedException();

    /// <summary>The sweeper: these and no others exist. Pods ordered within <see cref="PoolSpec.StartDeadline"/> are expected, not missing.</summary>
    public void Reconcile(IReadOnlyCollection<PodObservation> existing) => throw new NotImplementedException();

    /// <summary>A claim succeeded.</summary>
    public void Specialized(ClaimId claim, StartPhases phases) => throw new NotImplementedException();

    /// <summary>A claim failed.</summary>
    public void SpecializationFailed(ClaimId claim, StartFault fault) => throw new NotImplementedException();

    /// <summary>A pod's requests have ended, or their grace has.</summary>
    public void Drained(PodId pod) => throw new NotImplementedException();

    // ---- what routers tell

    /// <summary>Asks for an instance of a function that has none with room; the load goes with it.</summary>
    /// <param name="acquire">Names the answer.</param>
    /// <param name="load">What the router holds.</param>
    /// <param name="timeout">The answer comes within this.</param>
    public void Acquire(AcquireId acquire, FunctionLoad load, TimeSpan timeout) => throw new NotImplementedException();

    /// <summary>Nobody waits for this answer any more.</summary>
    public void Cancel(AcquireId acquire) => throw new NotImplementedException();

    /// <summary>A router's load on a function.</summary>
    public void Report(FunctionLoad load) => throw new NotImplementedException();

    /// <summary>A router connected: instances drain only after it acknowledged that they are out of routing.</summary>
    public void RouterConnected(string router) => throw new NotImplementedException();

    /// <summary>A router acknowledged everything up to a route version.</summary>
    public void RouterAcknowledged(string router, long version) => throw new NotImplementedException();

    /// <summary>A router is gone, and its load with it.</summary>
    public void RouterGone(string router) => throw new NotImplementedException();

    // ---- what operators tell

    /// <summary>Adds a function or changes it; another revision starts a make-before-break update.</summary>
    public void SetFunction(FunctionSpec function) => throw new NotImplementedException();

    /// <summary>Removes a function: its waiters are refused, its instances drained.</summary>
    /// <returns>Whether it was there.</returns>
    public bool RemoveFunction(FunctionName function) => throw new NotImplementedException();

    /// <summary>Takes every instance of a function out of routing and drains it; the function stays.</summary>
    /// <returns>The pods.</returns>
    public IReadOnlyList<PodId> Evict(FunctionName function) => throw new NotImplementedException();

    /// <summary>Changes how the pool is kept.</summary>
    public void Resize(PoolSpec newSpec) => throw new NotImplementedException();

    // ---- time

    /// <summary>The timestamp (of the pool's clock) at which <see cref="Tick"/> has something to do; null: nothing is due.</summary>
    public long? NextDue => throw new NotImplementedException();

    /// <summary>Does what is due. Calling it too early or too often does nothing.</summary>
    public void Tick() => throw new NotImplementedException();

    // ---- questions

    /// <summary>Grows with every change of any route.</summary>
    public long RouteVersion => throw new NotImplementedException();

    /// <summary>Where requests for a function may go.</summary>
    public FunctionRouting RouteOf(FunctionName function) => throw new NotImplementedException();

    /// <summary>Numbers.</summary>
    public PoolStatus Status => throw new NotImplementedException();

    /// <summary>One function; null: unknown.</summary>
    public FunctionStatus? StatusOf(FunctionName function) => throw new NotImplementedException();

    /// <summary>All functions.</summary>
    public IReadOnlyList<FunctionStatus> Functions => throw new NotImplementedException();
}
