namespace PodPool.Core;

/// <summary>
/// One runtime pool: its pods, the functions that draw on it, and every decision about them. Deterministic: the same calls at the
/// same times on the clock give the same orders. No I/O, no thread, no timer of its own; safe to call from many threads.
/// </summary>
/// <remarks>
/// A pool decides nothing before its first <see cref="Reconcile"/>: so one that was restarted is told its functions and what exists
/// before it finds that something is missing. Until then it makes, claims and drains no pod; it answers acquires by instances that
/// it was told of, and refuses them at their deadlines.
/// </remarks>
public sealed class Pool
{
    private readonly Lock _gate = new();
    private readonly PoolBooks _books;
    private readonly Routers _routers = new();
    private readonly Drains _drains;
    private readonly Callers _callers;
    private readonly Starts _starts;
    private readonly PoolSizing _sizing;
    private readonly Refill _refill;
    private readonly Scaling _scaling;
    private readonly Observations _observations;
    private readonly Inspection _inspection;
    private bool _awake;

    /// <summary>A pool without pods and functions.</summary>
    /// <param name="spec">How the pool is kept.</param>
    /// <param name="backend">Does what the pool orders.</param>
    /// <param name="listener">Is told what the pool decided.</param>
    /// <param name="time">
    /// The clock. Its timestamps are read, so jumps of the wall clock do nothing; its time of day only if the pool has an automatic size or schedules, for
    /// these.
    /// </param>
    /// <param name="newName">Makes names that were never used before, for pods and claims.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="spec"/> is outside what is allowed.</exception>
    public Pool(PoolSpec spec, IPodBackend backend, IPoolListener listener, TimeProvider time, Func<string> newName)
    {
        SpecRules.Check(spec);
        _books = new PoolBooks(spec, backend, listener, time, newName);
        _books.Pods.UseTemplate(spec.Template);
        _books.Reserve.Change(spec.Reserve);
        _drains = new Drains(_books, _routers);
        _callers = new Callers(_books, _routers);
        _starts = new Starts(_books, _callers);
        _sizing = new PoolSizing(_books);
        _refill = new Refill(_books, _sizing);
        _scaling = new Scaling(_books, _drains, _starts, _callers, _refill);
        _observations = new Observations(_books, _refill, _starts, _drains);
        _inspection = new Inspection(_books, _refill, _sizing);
    }

    // ---- what the backend tells

    /// <summary>A pod's state. Pods the pool does not know (it was restarted) are adopted or, if nobody can own them, deleted.</summary>
    public void PodObserved(PodObservation observation)
    {
        using var entered = Enter();
        _observations.Observe(observation);
        Settle();
    }

    /// <summary>The backend could not make a pod.</summary>
    public void CreationFailed(PodId pod, string message)
    {
        using var entered = Enter();
        _observations.CreationFailed(pod, message);
        Settle();
    }

    /// <summary>A pod does not exist (any more).</summary>
    public void PodGone(PodId pod, string message)
    {
        using var entered = Enter();
        _observations.Gone(pod, message);
        Settle();
    }

    /// <summary>The sweeper: these and no others exist. The first one sets the pool going. Pods ordered within <see cref="PoolSpec.StartDeadline"/> and not seen yet are expected, not missing.</summary>
    public void Reconcile(IReadOnlyCollection<PodObservation> existing)
    {
        using var entered = Enter();
        _observations.Reconcile(existing);
        if (!_awake)
        {
            _awake = true;
            _sizing.Look();
            foreach (var function in _books.Functions.Values)
            {
                _books.Touch(function);
            }
        }

        Settle();
    }

    /// <summary>A claim succeeded.</summary>
    public void Specialized(ClaimId claim, StartPhases phases)
    {
        using var entered = Enter();
        if (_books.Pods.Claimed(claim) is { } pod)
        {
            _starts.Specialized(pod, phases);
            Settle();
        }
    }

    /// <summary>A claim failed.</summary>
    public void SpecializationFailed(ClaimId claim, StartFault fault)
    {
        using var entered = Enter();
        if (_books.Pods.Claimed(claim) is { } pod)
        {
            _starts.Failed(pod, fault, DeleteReason.SpecializationFailed);
            Settle();
        }
    }

    /// <summary>A pod's requests have ended, or their grace has.</summary>
    public void Drained(PodId pod)
    {
        using var entered = Enter();
        if (_books.Pods.Find(pod) is { } draining)
        {
            _drains.Drained(draining);
            Settle();
        }
    }

    // ---- what routers tell

    /// <summary>Asks for an instance of a function that has none with room; the load goes with it.</summary>
    /// <param name="acquire">Names the answer.</param>
    /// <param name="load">What the router holds.</param>
    /// <param name="timeout">The answer comes within this.</param>
    public void Acquire(AcquireId acquire, FunctionLoad load, TimeSpan timeout)
    {
        using var entered = Enter();
        if (_callers.Knows(acquire))
        {
            return;
        }

        if (!_books.Functions.TryGetValue(load.Function, out var function))
        {
            _books.Answer(acquire, new AcquireAnswer.Refused(RefusalReason.FunctionNotFound, null, TimeSpan.Zero));
            return;
        }

        var waiter = _callers.Add(acquire, function, load, timeout);
        _books.Touch(function);
        Settle();
        if (waiter.IsQueued && waiter.At <= _books.Clock.Now)
        {
            _callers.Expire(waiter, _refill.ExpectedIn);
            Settle();
        }
    }

    /// <summary>Nobody waits for this answer any more.</summary>
    public void Cancel(AcquireId acquire)
    {
        using var entered = Enter();
        _callers.Cancel(acquire);
        Settle();
    }

    /// <summary>A connected router's load on a function.</summary>
    public void Report(FunctionLoad load)
    {
        using var entered = Enter();

        // What a router that is gone said last must not count for ever.
        if (!_routers.IsConnected(load.Router))
        {
            return;
        }

        if (!_books.Functions.TryGetValue(load.Function, out var function))
        {
            _books.DemandFor(load.Function).Report(load);
            return;
        }

        function.Demand.Report(load);
        _books.Touch(function);
        Settle();
    }

    /// <summary>A router connected: instances drain only after it acknowledged that they are out of routing.</summary>
    public void RouterConnected(string router)
    {
        using var entered = Enter();
        _routers.Connected(router);
    }

    /// <summary>A router acknowledged everything up to a route version.</summary>
    public void RouterAcknowledged(string router, long version)
    {
        using var entered = Enter();
        _routers.Acknowledged(router, version);
        _drains.RoutersChanged();
    }

    /// <summary>A router is gone, and its load with it.</summary>
    public void RouterGone(string router)
    {
        using var entered = Enter();
        _routers.Gone(router);
        _books.ForgetLoadOf(router);
        _drains.RoutersChanged();
        Settle();
    }

    // ---- what operators tell

    /// <summary>Adds a function or changes it; another revision starts a make-before-break update. Its next start is tried at once, however its last ones ended.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="function"/> is outside what is allowed.</exception>
    public void SetFunction(FunctionSpec function)
    {
        SpecRules.Check(function);
        using var entered = Enter();
        if (!_books.Functions.TryGetValue(function.Name, out var known))
        {
            known = _books.NewFunction(function);
            known.RouteChanged = true;
        }
        else if (known.Current.Spec != function)
        {
            Change(known, function);
            known.RouteChanged = true;
        }

        // Also if nothing of it changed: what it lacked may have been put right, a damaged file or what its start-up connects to.
        _starts.CloseBreaker(known);
        _books.Touch(known);
        Settle();
    }

    /// <summary>Removes a function: its waiters are refused, its instances drained, its claims under way ended.</summary>
    /// <returns>Whether it was there.</returns>
    public bool RemoveFunction(FunctionName function)
    {
        using var entered = Enter();
        if (!_books.Functions.Remove(function, out var removed))
        {
            return false;
        }

        removed.Removed = true;
        removed.RouteChanged = true;
        _books.Touch(removed);
        _callers.Refuse(removed, RefusalReason.FunctionDeleted, null, TimeSpan.Zero);
        _books.Hungry.Want(removed, 0, _books.Clock.Now);
        _books.Due.Clear(removed);
        DrainInstances(removed);
        foreach (var pod in removed.Revisions.SelectMany(revision => revision.Claimed).ToList())
        {
            _books.Delete(pod, DeleteReason.Drained);
        }

        Settle();
        return true;
    }

    /// <summary>
    /// Takes every instance of a function out of routing and drains it; the function stays. A claim under way is no instance yet:
    /// it goes on, for those who wait for it.
    /// </summary>
    /// <returns>The pods.</returns>
    public IReadOnlyList<PodId> Evict(FunctionName function)
    {
        using var entered = Enter();
        if (!_books.Functions.TryGetValue(function, out var evicted))
        {
            return [];
        }

        var pods = DrainInstances(evicted);
        _books.Touch(evicted);
        Settle();
        return pods;
    }

    /// <summary>Changes how the pool is kept. What waits for a time already goes on waiting for that.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="newSpec"/> is outside what is allowed.</exception>
    public void Resize(PoolSpec newSpec)
    {
        SpecRules.Check(newSpec);
        using var entered = Enter();
        var hadTemplate = _books.Spec.Template;
        _books.Spec = newSpec;
        _books.Reserve.Change(newSpec.Reserve);
        _refill.Resized();
        if (_awake)
        {
            _sizing.Look();
        }

        if (newSpec.Template != hadTemplate)
        {
            _refill.UseTemplate();
        }

        Settle();
    }

    /// <summary>
    /// What the pool's automatic size has learnt until now, about 4 KB of text for <see cref="Learn"/>; null: there is none, and none was given.
    /// </summary>
    public string? Learnt
    {
        get
        {
            SizingMemory? learnt;
            using (Enter())
            {
                learnt = _sizing.Learnt;
            }

            return learnt is null ? null : SizingMemoryText.Write(learnt);
        }
    }

    /// <summary>
    /// Gives the pool what one before it had <see cref="Learnt"/>: before the first <see cref="Reconcile"/>, so that its first decision knows of it; the last
    /// that is given counts. A pool without an automatic size keeps it until it gets one. What is not taken changes nothing.
    /// </summary>
    /// <returns>
    /// Why it is not taken (it is damaged, of another version or from the future, its numbers cannot be, the pool is kept already); null: it is.
    /// </returns>
    public string? Learn(string learnt)
    {
        if (SizingMemoryText.Read(learnt, out var memory) is { } problem)
        {
            return problem;
        }

        using var entered = Enter();
        return _sizing.Learn(memory!);
    }

    /// <summary>Which nodes have an open door to Dapr: functions that use it prefer pods there. Changes nothing of what runs.</summary>
    public void SetOpenDoors(IReadOnlySet<string> nodes)
    {
        using var entered = Enter();
        _books.Pods.Warm.OpenDoors = nodes;
        _books.Pods.Outdated.OpenDoors = nodes;
    }

    // ---- time

    /// <summary>The timestamp (of the pool's clock) at which <see cref="Tick"/> has something to do; null: nothing is due.</summary>
    public long? NextDue
    {
        get
        {
            using var entered = Enter();
            return _books.Due.Next;
        }
    }

    /// <summary>Does what is due. Calling it too early or too often does nothing.</summary>
    public void Tick()
    {
        using var entered = Enter();
        while (_books.Due.Take(_books.Clock.Now) is { } due)
        {
            switch (due)
            {
                case Waiter waiter:
                    _callers.Expire(waiter, _refill.ExpectedIn);
                    break;
                case PoolSizing sizing:
                    sizing.Look();
                    break;
                case Function function:
                    _books.Touch(function);
                    break;
                case Pod { State: PodState.Starting } pod:
                    _observations.StartTimeOver(pod);
                    break;
                case Pod { State: PodState.Claimed } pod:
                    _starts.Conclude(pod);
                    break;
                case Pod pod:
                    _drains.TimeOver(pod);
                    break;
            }
        }

        Settle();
    }

    // ---- questions

    /// <summary>Grows with every change of any route.</summary>
    public long RouteVersion
    {
        get
        {
            using var entered = Enter();
            return _books.RouteVersion;
        }
    }

    /// <summary>Where requests for a function may go.</summary>
    public FunctionRouting RouteOf(FunctionName function)
    {
        using var entered = Enter();
        return _inspection.RouteOf(function);
    }

    /// <summary>Numbers.</summary>
    public PoolStatus Status
    {
        get
        {
            using var entered = Enter();
            return _inspection.Pool();
        }
    }

    /// <summary>One function; null: unknown.</summary>
    public FunctionStatus? StatusOf(FunctionName function)
    {
        using var entered = Enter();
        return _inspection.StatusOf(function);
    }

    /// <summary>All functions, oldest first.</summary>
    public IReadOnlyList<FunctionStatus> Functions
    {
        get
        {
            using var entered = Enter();
            return _inspection.Functions();
        }
    }

    /// <summary>For tests, which check the books after every step.</summary>
    internal PoolBooks Books => _books;

    /// <summary>For tests, which watch the size.</summary>
    internal PoolSizing Sizing => _sizing;

    private Lock.Scope Enter()
    {
        if (_gate.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException("The pool was called back from within one of its own calls. Note what it told you, return, and call later.");
        }

        var entered = _gate.EnterScope();
        _books.Clock.Look();
        return entered;
    }

    /// <summary>Every call ends here: what it touched is decided anew, then those are told whom it concerns.</summary>
    private void Settle()
    {
        var touched = _books.Touched;
        if (_awake)
        {
            for (var i = 0; i < touched.Count; i++)
            {
                _scaling.Look(touched[i]);
            }

            _starts.Deal();
            for (var i = 0; i < touched.Count; i++)
            {
                _scaling.Conclude(touched[i]);
            }
        }

        foreach (var function in touched)
        {
            if (function.RouteChanged)
            {
                _books.AnnounceRoute(function);
            }

            function.Touched = false;
            function.LostInstance = false;
        }

        touched.Clear();
        if (_awake)
        {
            _drains.RoutesAnnounced();
            _refill.Run();
        }
    }

    private void Change(Function known, FunctionSpec spec)
    {
        if (known.Current.Spec.Scale.IdleTimeout != spec.Scale.IdleTimeout)
        {
            var now = _books.Clock.Now;
            known.Peak = new PeakWindow(_books.Clock.Length(spec.Scale.IdleTimeout), now, known.Peak.Peak(now));
        }

        if (known.Current.Spec.Revision == spec.Revision)
        {
            known.Current.Spec = spec;
            return;
        }

        known.Replace(spec);
        known.LastFault = null;
        known.PlatformFaults = 0;
    }

    private List<PodId> DrainInstances(Function function)
    {
        var pods = function.Revisions.SelectMany(revision => revision.Serving).ToList();
        pods.ForEach(_drains.Begin);
        return pods.ConvertAll(pod => pod.Id);
    }
}
