namespace PodPool.Core.Tests.Simulation;

/// <summary>Sees everything that happens in a world, and fails the test when a rule is broken.</summary>
internal sealed class Witness(SimulatedWorld world)
{
    private readonly Dictionary<AcquireId, long> _pending = [];
    private readonly HashSet<PodId> _created = [];
    private readonly Dictionary<ClaimId, long> _ordered = [];
    private readonly HashSet<PodId> _handedOut = [];
    private readonly Dictionary<PodId, FunctionName> _bound = [];
    private readonly Dictionary<FunctionName, (long Since, long Until)> _sparing = [];
    private readonly Dictionary<string, long> _routers = [];
    private readonly Dictionary<PodId, (long Since, long? Version)> _leaving = [];
    private readonly Dictionary<PodId, long> _draining = [];
    private readonly Dictionary<FunctionName, (FunctionSpec Spec, List<PodId> Pods)> _routes = [];
    private double _tokens = double.MaxValue;
    private long _tokensAt;
    private long _version;
    private long _instances;

    public long NextAcquire { get; set; }

    /// <summary>Pods taken, by function, over all managers.</summary>
    public Dictionary<FunctionName, int> Claims { get; } = [];

    public Dictionary<RefusalReason, int> Refusals { get; } = [];

    public long Instances => _instances;

    public Dictionary<PoolEventKind, int> Events { get; } = [];

    /// <summary>What happened, step by step, in one number.</summary>
    public HashCode Trace { get; private set; }

    private long Now => world.Clock.GetTimestamp();

    private PoolBooks Books => world.Manager.Pool!.Books;

    public void ManagerDied()
    {
        _pending.Clear();
        _created.Clear();
        _ordered.Clear();
        _handedOut.Clear();
        _sparing.Clear();
        _routers.Clear();
        _leaving.Clear();
        _routes.Clear();
        _tokens = double.MaxValue;
        _version = 0;
    }

    public void Resized() => _tokens = double.MaxValue;

    public void Evicted(FunctionName function) => _routes.Remove(function);

    public void Removed(FunctionName function)
    {
        _routes.Remove(function);
        _sparing.Remove(function);
    }

    // ---- acquires: one answer each, in time

    public void Acquired(AcquireId acquire, TimeSpan timeout) => _pending.Add(acquire, world.Clock.After(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero));

    public void Cancelled(AcquireId acquire) => _pending.Remove(acquire);

    public void Answered(AcquireId acquire, AcquireAnswer answer)
    {
        Assert.True(_pending.Remove(acquire), $"{acquire} was answered, but did not wait for it (any more).");
        Note("answer", acquire.Value, answer.ToString());
        switch (answer)
        {
            case AcquireAnswer.Instance instance:
                _instances++;
                Assert.Equal(PodState.Serving, Books.Pods.Find(instance.Pod)?.State);
                break;
            case AcquireAnswer.Refused refused:
                Refusals[refused.Why] = Refusals.GetValueOrDefault(refused.Why) + 1;
                Assert.True(refused.RetryAfter >= TimeSpan.Zero);
                break;
        }
    }

    /// <summary>Warm pods to keep: as told, or as the pool found out, within what it was told.</summary>
    public int Wanted
    {
        get
        {
            var (spec, target) = (world.Spec, world.Manager.Pool!.Sizing.Target);
            Assert.InRange(target, spec.Auto?.Min ?? spec.Warm, spec.Auto?.Max ?? spec.Warm);
            return target;
        }
    }

    // ---- pods: each handed out once, to one function, for one that may have it

    public void Created(PodId pod)
    {
        Note("create", 0, pod.Value);
        Assert.True(_created.Add(pod), $"{pod} was ordered twice.");
        var spec = world.Spec;
        Assert.True(Books.Pods.Total <= spec.Max, $"{Books.Pods.Total} pods; {spec.Max} are allowed.");
        var expected = Books.Pods.Count(PodState.Starting) + Books.Pods.Warm.Count;
        Assert.True(expected <= Wanted + Books.Hungry.Pods, $"{expected} pods starting or warm; {Wanted} and {Books.Hungry.Pods} are wanted.");
        Assert.True(Books.Pods.Count(PodState.Starting) <= spec.RefillParallelism, "More pods start at once than may.");

        _tokens = Math.Min(spec.RefillBurst, _tokens + (Now - _tokensAt) / 1e9 * spec.RefillPerSecond) - 1;
        _tokensAt = Now;
        Assert.True(_tokens > -1e-6, $"Refill is faster than {spec.RefillBurst} and {spec.RefillPerSecond}/s.");
    }

    public void Ordered(ClaimOrder order)
    {
        var name = order.Function.Name;
        Note("claim", 0, $"{order.Pod} {name} {order.Function.Revision}");
        Assert.True(_handedOut.Add(order.Pod), $"{order.Pod} was handed out twice.");
        Assert.Equal(world.Functions.GetValueOrDefault(name), order.Function);
        _ordered.Add(order.Claim, Now);
        Claims[name] = Claims.GetValueOrDefault(name) + 1;
        if (_sparing.TryGetValue(name, out var sparing))
        {
            Assert.True(Now >= sparing.Until, $"{name} took a pod although it failed to start just now.");
        }

        var function = Books.Functions[name];
        Assert.InRange(function.Current.Pods, 1, order.Function.Scale.Max);
        Assert.True(function.Breaker.Fault is null || function.Current.Claimed.Count == 1, $"{name} is on trial and got a second pod.");
        foreach (var other in Books.Functions.Values)
        {
            Assert.True(
                other == function || other.Hunger.Pods == 0 || other.Holds >= function.Holds - 1,
                $"{name} got its pod number {function.Holds} while {other.Name}, which has {other.Holds}, waits.");
        }
    }

    /// <summary>A pod is about to accept a claim.</summary>
    public void Bound(SimulatedPod pod, ClaimOrder order) =>
        Assert.True(_bound.TryAdd(pod.Id, order.Function.Name), $"{pod.Id} took a second claim.");

    /// <summary>The answer to a claim is about to be told.</summary>
    public void Answered(ClaimOrder order, StartFault? fault)
    {
        var name = order.Function.Name;
        if (Books.Pods.Claimed(order.Claim) is null || world.Functions.GetValueOrDefault(name)?.Revision != order.Function.Revision)
        {
            return;
        }

        if (fault is null)
        {
            _sparing.Remove(name);
        }
        else if (fault.OfCode && (!_sparing.TryGetValue(name, out var sparing) || _ordered[order.Claim] > sparing.Since))
        {
            _sparing[name] = (Now, world.Clock.After(world.Spec.Breaker));
        }
    }

    // ---- instances end in order

    public void Connected(string router) => _routers.TryAdd(router, 0);

    public void Disconnected(string router) => _routers.Remove(router);

    public void Acknowledged(string router, long version)
    {
        if (_routers.TryGetValue(router, out var before))
        {
            _routers[router] = Math.Max(before, version);
        }
    }

    public void RouteChanged(long version)
    {
        Assert.True(version > _version, "Route versions grow.");
        _version = version;
    }

    public void DrainOrdered(PodId pod)
    {
        Note("drain", 0, pod.Value);
        var (since, version) = _leaving[pod];
        var needed = version ?? Books.RouteVersion;
        Assert.True(
            Now >= since + (long)world.Spec.RouteAckTimeout.TotalNanoseconds || _routers.Values.All(acknowledged => acknowledged >= needed),
            $"{pod} drains although a router may still send to it.");
        _draining.TryAdd(pod, Now);
    }

    public void DeleteOrdered(PodId pod, DeleteReason reason)
    {
        Note("delete", (int)reason, pod.Value);
        if (reason == DeleteReason.Drained && world.Pods.TryGetValue(pod.Value, out var found) && found.Running > 0)
        {
            Assert.True(
                _draining.TryGetValue(pod, out var since) && Now >= since + (long)world.Spec.DrainGrace.TotalNanoseconds,
                $"{pod} is deleted while it runs {found.Running} requests that have time left.");
        }
    }

    public void Happened(PoolEvent happened)
    {
        Events[happened.Kind] = Events.GetValueOrDefault(happened.Kind) + 1;
        switch (happened.Kind)
        {
            case PoolEventKind.Draining:
                _leaving[happened.Pod!.Value] = (Now, null);
                break;
            case PoolEventKind.BreakerClosed:
                _sparing.Remove(happened.Function!.Value);
                break;
        }
    }

    // ---- at any time

    public void Look()
    {
        if (world.Manager.Pool is not { } pool)
        {
            return;
        }

        var due = pool.NextDue;
        if (due is null || due > Now)
        {
            foreach (var (acquire, deadline) in _pending)
            {
                Assert.True(deadline > Now, $"{acquire} has no answer at its deadline.");
            }
        }

        foreach (var (pod, (since, version)) in _leaving)
        {
            if (version is null)
            {
                _leaving[pod] = (since, pool.RouteVersion);
            }
        }

        // One that was given up before it appeared is found by the next sweep.
        foreach (var pod in world.Pods.Values)
        {
            Assert.True(
                !_created.Contains(pod.Id) || Books.Pods.Find(pod.Id) is not null || Books.GonePods.Judge(pod.Observation, listed: false, Now) == Ghost.Late,
                $"{pod.Id} exists and is in no books.");
        }

        Audit.Check(pool.Books);
        LookAtRoutes(pool);
    }

    /// <summary>Nothing went wrong for long and nobody asked for anything: what is left?</summary>
    public void LookAtRest()
    {
        var pool = world.Manager.Pool!;
        var status = pool.Status;
        var minimum = world.Functions.Values.Sum(function => function.Scale.Min);
        var asIs = (status.Warm, status.Starting, status.Claimed, status.Serving, status.Draining, world.Pods.Count);
        var asWanted = (Wanted, 0, 0, minimum, 0, Wanted + minimum);
        Assert.True(asWanted == asIs, $"At rest there should be {asWanted}, there is {asIs}:\n{string.Join("\n", pool.Books.Functions.Values.Select(Describe))}");
        Assert.Equal(world.Pods.Count, pool.Books.Pods.Total);

        // A refill that stopped finds out that it can go on when a pod is wanted, not before.
        Assert.True(status.Stopped is null || status.Stopped.RetryIn == TimeSpan.Zero);
        Assert.Empty(_pending);
        Assert.All(world.Routers, router => Assert.True(router.IsIdle));
        foreach (var function in pool.Functions)
        {
            Assert.Equal((0, 0), (function.Waiting, function.InFlight));
            Assert.All(function.Instances, instance => Assert.Equal(function.Spec.Revision, instance.Revision));
        }
    }

    private void LookAtRoutes(Pool pool)
    {
        foreach (var (name, function) in pool.Books.Functions)
        {
            var route = pool.RouteOf(name);
            foreach (var instance in route.Instances)
            {
                if (world.Pods.TryGetValue(instance.Pod.Value, out var pod))
                {
                    Assert.Equal((name, route.Function!.Revision), (pod.Binding!.Function, pod.Binding.Revision));
                }
            }

            var spec = route.Function!;
            var pods = route.Instances.Select(instance => instance.Pod).ToList();
            if (_routes.TryGetValue(name, out var before) && before.Spec.Revision != spec.Revision)
            {
                // What died or ended by itself was not taken away by the update; what the new revision may not have it cannot give.
                var given = (long)pods.Count * spec.Concurrency;
                var taken = (long)before.Pods.Count(TakenOut) * before.Spec.Concurrency;
                var most = (long)spec.Scale.Max * spec.Concurrency;
                Assert.True(given >= Math.Min(Math.Min(function.Load, taken), most), $"The update of {name} took {taken} away and gave {given} for a load of {function.Load}.");
            }

            _routes[name] = (spec, pods);
        }
    }

    private bool TakenOut(PodId pod) =>
        Books.Pods.Find(pod)?.State == PodState.Draining && world.Pods.TryGetValue(pod.Value, out var alive) && alive.Phase == PodPhase.Serving;

    private static string Describe(Function function)
    {
        var revisions = function.Revisions.Select(revision => $"{revision.Spec.Revision}: {revision.Claimed.Count} claimed, {revision.Serving.Count} serving");
        return $"{function.Name}: {string.Join("; ", revisions)}; {function.Routed.Spec.Revision} in routing; "
            + $"{function.Demand.Waiting} waiting, {function.Demand.InFlight} in flight, {function.Waiters.Count} acquires; looked at next at {(function.IsQueued ? function.At : null)}";
    }

    private void Note(string what, long number, string of)
    {
        var trace = Trace;
        trace.Add(what.Length);
        trace.Add(number);
        foreach (var character in of)
        {
            trace.Add((int)character);
        }

        trace.Add(Now);
        Trace = trace;
    }
}
