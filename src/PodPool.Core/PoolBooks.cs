namespace PodPool.Core;

/// <summary>What the pool's rules share: its books, its clock, and the two it talks to.</summary>
internal sealed class PoolBooks
{
    private readonly IPoolListener _listener;
    private readonly Func<string> _newName;
    private readonly List<Function> _touched = [];

    /// <summary>
    /// Load by function. It belongs to the routers and outlives the function: what they said while it was away must not be
    /// outdone by what they said before, when that comes late and the function is back.
    /// </summary>
    private readonly Dictionary<FunctionName, Demand> _demands = [];

    private int _ordinal;

    public PoolBooks(PoolSpec spec, IPodBackend backend, IPoolListener listener, TimeProvider time, Func<string> newName)
    {
        Spec = spec;
        Backend = backend;
        Clock = new Clock(time);
        Pods = new PodBook(Due);
        _listener = listener;
        _newName = newName;
    }

    public PoolSpec Spec { get; set; }

    public IPodBackend Backend { get; }

    public Clock Clock { get; }

    public DueTimes Due { get; } = new();

    public PodBook Pods { get; }

    public GonePods GonePods { get; } = new();

    public FairQueue Hungry { get; } = new();

    public Reserve Reserve { get; } = new();

    public Dictionary<FunctionName, Function> Functions { get; } = [];

    public long RouteVersion { get; private set; }

    public long Claims { get; set; }

    /// <summary>Pods that were wanted and not there.</summary>
    public long Misses { get; set; }

    /// <summary>Claims that are no sequel of a miss: with <see cref="Misses"/>, all pods that were wanted.</summary>
    public long Hits { get; set; }

    /// <summary>Functions to be settled before the call returns; grows while they are settled.</summary>
    public List<Function> Touched => _touched;

    public string NewName() => _newName();

    public Function NewFunction(FunctionSpec spec)
    {
        var peak = new PeakWindow(Clock.Length(spec.Scale.IdleTimeout), Clock.Now, 0);
        var function = new Function(spec, _ordinal++, DemandFor(spec.Name), peak);
        Functions.Add(spec.Name, function);
        return function;
    }

    public Demand DemandFor(FunctionName function)
    {
        if (!_demands.TryGetValue(function, out var demand))
        {
            _demands.Add(function, demand = new Demand());
        }

        return demand;
    }

    /// <summary>A router is gone, and its load with it.</summary>
    public void ForgetLoadOf(string router)
    {
        foreach (var (name, demand) in _demands)
        {
            if (!demand.Forget(router))
            {
                continue;
            }

            if (Functions.TryGetValue(name, out var function))
            {
                Touch(function);
            }
            else if (demand.IsUnheardOf)
            {
                _demands.Remove(name);
            }
        }
    }

    public void Touch(Function function)
    {
        if (!function.Touched)
        {
            function.Touched = true;
            _touched.Add(function);
        }
    }

    public void Answer(AcquireId acquire, AcquireAnswer answer) => _listener.Answered(acquire, answer);

    public void AnnounceRoute(Function function)
    {
        function.RouteChanged = false;
        _listener.RouteChanged(function.Name, ++RouteVersion);
    }

    public void Tell(PoolEventKind kind, Pod? pod = null, Function? function = null, string reason = "", string message = "") =>
        _listener.Happened(new PoolEvent(kind, pod?.Id, (function ?? pod?.Revision?.Function)?.Name, reason, message));

    public void TellMiss(Function function, int pods) =>
        _listener.Happened(new PoolEvent(PoolEventKind.Miss, null, function.Name, Reasons.PoolEmpty, "No pod was warm.") { Missed = pods });

    /// <summary>Ends a pod for good; it stays in the books until it is gone.</summary>
    public void Delete(Pod pod, DeleteReason reason)
    {
        if (pod.Revision is { } revision)
        {
            Touch(revision.Function);
        }

        Pods.ToGone(pod);
        pod.DeleteReason = reason;
        Backend.Delete(pod.Id, reason);
    }
}
