using System.Diagnostics.CodeAnalysis;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Router.Instances;
using PodPool.Router.Managing;
using PodPool.Router.Refusing;
using PodPool.Router.Routing;

namespace PodPool.Router.Holding;

/// <summary>
/// One function: its instances, and the requests that wait for one of them. What is claimed here is exact: this router never has more
/// requests at an instance than its concurrency, those held are served in the order in which they came, and none is forgotten.
/// </summary>
/// <remarks>
/// A warm request takes no lock. It must not overtake one that waits, and its end must not be missed by one that begins to wait:
/// <code>
///   a request ends                     a request begins to wait
///   1  gives its place back            1  counts itself among the waiting
///   2  does anybody wait? → pump       2  is there a place? → take it
/// </code>
/// Both first steps are full fences, so at least one of the two sees the other.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source of an acquire's token has no timer and no handle to let go of.")]
internal sealed class Function
{
    private readonly Lock _gate = new();
    private readonly HeldQueue _held = new();
    private readonly LoadMeter _load = new();
    private readonly InstanceBook _instances;
    private readonly HoldLimits _limits;
    private readonly IManager _manager;
    private readonly TimeProvider _time;
    private readonly Acquisition _acquisition;

    private volatile FunctionRouting _routing = FunctionRouting.Nowhere;
    private int _failedDials;
    private CancellationTokenSource? _acquire;
    private bool _acquiring;
    private bool _removed;

    public Function(
        FunctionId id, RouterOptions options, HoldLimits limits, IManager manager, RouterMetrics metrics, TimeProvider time, ILogger logger)
    {
        Id = id;
        Prefix = $"/{id}";
        Tag = id.ToString();
        IsRehearsal = id == FunctionId.Rehearsal;
        _limits = limits;
        _manager = manager;
        _time = time;
        _instances = new(this, options, time, logger);
        _acquisition = new(this, manager, metrics, time, logger);
    }

    public FunctionId Id { get; }

    /// <summary>The path that leads to it: <c>/namespace/name</c>.</summary>
    public string Prefix { get; }

    /// <summary>Whether its requests are no caller's: they are neither counted nor in the access log.</summary>
    public bool IsRehearsal { get; }

    /// <summary>Its name in metrics.</summary>
    public string Tag { get; }

    public FunctionRouting Routing => _routing;

    /// <summary>Requests held.</summary>
    public int Waiting => _held.Count;

    /// <summary>Requests forwarded and not finished.</summary>
    public int InFlight => _load.InFlight;

    /// <summary>Requests forwarded since the router knows it; one that was tried at two instances counts twice.</summary>
    public long Forwarded => _load.Forwarded;

    /// <summary>Dials that failed since an instance answered last.</summary>
    public int FailedDials => Volatile.Read(ref _failedDials);

    // ---- requests

    /// <summary>A place at an instance, now; null: hold the request.</summary>
    /// <param name="avoid">Instances that the request has failed to reach.</param>
    public Instance? TryClaim(List<Instance>? avoid = null)
    {
        if (Waiting != 0 || _routing.TryClaim(avoid) is not { } instance)
        {
            return null;
        }

        _load.Began();
        Changed(urgent: false);
        return instance;
    }

    /// <summary>A request has ended; its place is free.</summary>
    public void Release(Instance instance)
    {
        _load.Ended();
        instance.Release();
        Changed(urgent: false);
        if (Waiting != 0)
        {
            lock (_gate)
            {
                Pump();
                CancelAcquireIfNobodyWaits();
            }
        }
    }

    /// <summary>Holds a request until an instance has room for it, it is refused, or the caller leaves (neither instance nor refusal).</summary>
    public async ValueTask<Placement> HoldAsync(HeldRequest held, CancellationToken left)
    {
        bool begins;
        lock (_gate)
        {
            if (_removed)
            {
                return new(null, StartOutcome.Warm, Refusals.Deleted(Id));
            }

            if (_held.Count >= _limits.PerFunction && !held.IsRetry)
            {
                return new(null, StartOutcome.Warm, Refusals.QueueFull(Id, _held.Count));
            }

            _held.Add(held);
            Pump();
            begins = _held.Count > 0 && !_acquiring;
            _acquiring |= begins;
        }

        if (held.Placed.IsCompletedSuccessfully)
        {
            Changed(urgent: false);
            return await held.Placed.ConfigureAwait(false);
        }

        if (begins)
        {
            // The acquire tells the load itself, and belongs to no request in particular: least of all to the trace of this one.
            using (ExecutionContext.SuppressFlow())
            {
                _ = _acquisition.RunAsync();
            }
        }
        else
        {
            Changed(urgent: true);
        }

        var patience = _time.GetElapsedTime(_time.GetTimestamp(), held.Deadline);
        using var timer = _time.CreateTimer(
            _ => Withdraw(held, Refusals.HeldTooLong(Id, _limits.Time, _manager.IsConnected)),
            null, patience > TimeSpan.Zero ? patience : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        using var leaving = left.UnsafeRegister(_ => Withdraw(held, refusal: null), null);
        return await held.Placed.ConfigureAwait(false);
    }

    /// <summary>An instance could not be reached: others are preferred until it answers. It stays in the table until the manager says otherwise.</summary>
    public void Unreachable(Instance instance)
    {
        instance.IsSuspect = true;
        Interlocked.Increment(ref _failedDials);
        _manager.Suspect(instance, Reason.PodGone);
    }

    /// <summary>An instance answered.</summary>
    public void Reached(Instance instance)
    {
        if (instance.IsSuspect)
        {
            instance.IsSuspect = false;
            Volatile.Write(ref _failedDials, 0);
        }
    }

    /// <summary>It ended, or seems so, with a request in it.</summary>
    public void Lost(Instance instance)
    {
        instance.IsSuspect = true;
        _manager.Suspect(instance, Reason.PodGone);
    }

    /// <summary>At its address is another pod, or it takes no more requests: not used again unless the manager names it anew.</summary>
    public void NotServed(Instance instance, Reason reason)
    {
        lock (_gate)
        {
            instance.Retire();
            _routing = _routing.Without(instance);
        }

        if (reason == Reason.NotThisInstance)
        {
            _manager.Suspect(instance, reason);
        }
    }

    // ---- what the manager says

    /// <summary>The manager's newest word on the function.</summary>
    public void Apply(FunctionRoute route)
    {
        lock (_gate)
        {
            _routing = _instances.Take(route);
            Pump();
        }

        Changed(urgent: false);
    }

    /// <summary>The function is gone: whoever waits is told so.</summary>
    public void Remove()
    {
        lock (_gate)
        {
            _removed = true;
            _routing = _instances.Take(new FunctionRoute());
            _held.Refuse(Refusals.Deleted(Id), dueBefore: long.MaxValue);
            CancelAcquireIfNobodyWaits();
        }
    }

    // ---- the acquire

    /// <summary>Whether somebody waits; if not, the acquisition is over.</summary>
    /// <param name="timeout">How long the one who came first still waits.</param>
    /// <param name="unwanted">Signalled when nobody waits any more.</param>
    public bool NeedsInstance(out TimeSpan timeout, out CancellationToken unwanted)
    {
        lock (_gate)
        {
            _acquire = null;
            if (_held.First is not { } first)
            {
                _acquiring = false;
                (timeout, unwanted) = (default, default);
                return false;
            }

            _acquire = new();
            timeout = _time.GetElapsedTime(_time.GetTimestamp(), first.Deadline);
            unwanted = _acquire.Token;
            return true;
        }
    }

    /// <summary>An instance serves.</summary>
    /// <returns>How many of the waiting it took.</returns>
    public int Started(AcquireResponse answer)
    {
        lock (_gate)
        {
            if (_removed)
            {
                return 0;
            }

            _routing = _instances.Add(_routing, answer);
            return Pump();
        }
    }

    /// <summary>Lets requests try instances again that they have failed to reach; null: all of them.</summary>
    public void Forgive(string? instanceId)
    {
        lock (_gate)
        {
            _held.Forgive(instanceId);
            Pump();
        }
    }

    /// <summary>No instance comes: tells those who wait.</summary>
    /// <param name="refusal">Why.</param>
    /// <param name="dueBefore">Only those whose deadline is before this timestamp.</param>
    public void Refuse(Refusal refusal, long dueBefore = long.MaxValue)
    {
        lock (_gate)
        {
            _held.Refuse(refusal, dueBefore);
            CancelAcquireIfNobodyWaits();
        }

        Changed(urgent: false);
    }

    // ---- the load

    /// <summary>The load now, under the router's next sequence.</summary>
    public FunctionLoad TakeLoad(ref ulong sequence)
    {
        lock (_gate)
        {
            return ToWire(_load.Take(_held.Count), ref sequence);
        }
    }

    /// <summary>The load if it is news.</summary>
    /// <param name="sequence">The router's sequence.</param>
    /// <param name="fell">The report says more than there is by now: another one is due.</param>
    public FunctionLoad? TakeReport(ref ulong sequence, out bool fell)
    {
        _load.ClearChanged();
        lock (_gate)
        {
            return _load.TakeNews(_held.Count, out fell) is { } news ? ToWire(news, ref sequence) : null;
        }
    }

    /// <summary>The manager knows nothing of the load any more.</summary>
    public void ForgetReports()
    {
        lock (_gate)
        {
            _load.Forget();
        }

        Changed(urgent: false);
    }

    /// <summary>The load is news to be told.</summary>
    /// <returns>False: that is known already.</returns>
    public bool TryMarkChanged() => _load.TryMarkChanged();

    private FunctionLoad ToWire(Load load, ref ulong sequence) => new()
    {
        Function = Id.ToWire(),
        Sequence = Interlocked.Increment(ref sequence),
        Waiting = load.Waiting,
        InFlight = load.InFlight,
    };

    private void Changed(bool urgent)
    {
        if (urgent || !_load.HasChanged)
        {
            _manager.LoadChanged(this, urgent);
        }
    }

    private void Withdraw(HeldRequest held, Refusal? refusal)
    {
        lock (_gate)
        {
            if (!_held.TryRefuse(held, refusal))
            {
                return;
            }

            // Who stood behind it may have room where it had failed.
            Pump();
            CancelAcquireIfNobodyWaits();
        }

        Changed(urgent: false);
    }

    // ---- under the lock

    /// <summary>Gives places to those who wait, in their order.</summary>
    /// <returns>How many got one.</returns>
    private int Pump() => _held.Place(_routing, _load);

    /// <remarks>
    /// Not called when an instance came by the stream: the answer that names it is on its way.
    /// </remarks>
    private void CancelAcquireIfNobodyWaits()
    {
        if (_held.Count == 0)
        {
            // What hangs on it runs elsewhere, not under the lock.
            _ = _acquire?.CancelAsync();
        }
    }
}
