namespace PodPool.Core.Tests.Simulation;

/// <summary>One life of a manager: it owns a pool, carries its orders to the pods and its answers and routes to the routers, and sweeps.</summary>
internal sealed class SimulatedManager(SimulatedWorld world) : IPodBackend, IPoolListener
{
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(20);

    private readonly Dictionary<AcquireId, Action<AcquireAnswer>> _acquires = [];
    private readonly HashSet<AcquireId> _seen = [];
    private readonly Dictionary<string, SimulatedRouter> _routers = [];
    private readonly List<(FunctionName Function, long Version)> _changed = [];
    private Pool? _pool;
    private bool _dead;

    public Pool? Pool => _dead ? null : _pool;

    public long? NextDue => Pool?.NextDue;

    public void Start()
    {
        _pool = new Pool(world.Spec, this, this, world.Clock, () => world.NewName("n"));
        foreach (var function in world.Functions.Values)
        {
            Call(pool => pool.SetFunction(function));
        }

        Reconcile();
    }

    public void Kill() => _dead = true;

    /// <summary>Calls the pool, and passes on what it said meanwhile. Does nothing while no manager lives.</summary>
    public void Call(Action<Pool> call)
    {
        if (Pool is not { } pool)
        {
            return;
        }

        call(pool);
        foreach (var (function, version) in _changed)
        {
            var route = pool.RouteOf(function);
            foreach (var router in _routers.Values)
            {
                router.Down(this, () => router.TakeRoute(this, version, function, route));
            }
        }

        _changed.Clear();
        world.Witness.Look();
    }

    /// <summary>What the backend tells: late, twice or never.</summary>
    public void News(Action<Pool> call)
    {
        // Whoever lives when it arrives gets it: a pod's state is no secret between one manager and the next.
        if (!world.Chance(world.Weather.LostNews))
        {
            world.Send(() => world.Manager.Call(call));
        }
    }

    public void Reconcile()
    {
        Call(pool => pool.Reconcile([.. world.Pods.Values.Select(pod => pod.Observation)]));
        if (!_dead)
        {
            world.Schedule(Sweep, Reconcile);
        }
    }

    // ---- what routers say, when it has arrived

    public void Connected(SimulatedRouter router)
    {
        if (_dead)
        {
            return;
        }

        _routers[router.Name] = router;
        world.Witness.Connected(router.Name);
        Call(pool =>
        {
            pool.RouterConnected(router.Name);
            var version = pool.RouteVersion;
            var routes = world.Functions.Keys.ToDictionary(function => function, pool.RouteOf);
            router.Down(this, () => router.TakeSnapshot(this, version, routes));
        });
    }

    public void Disconnected(SimulatedRouter router)
    {
        if (!_dead && _routers.Remove(router.Name))
        {
            world.Witness.Disconnected(router.Name);
            Call(pool => pool.RouterGone(router.Name));
        }
    }

    public void Acquire(AcquireId acquire, FunctionLoad load, TimeSpan timeout, Action<AcquireAnswer> answer)
    {
        if (_dead)
        {
            return;
        }

        if (_seen.Add(acquire))
        {
            _acquires.Add(acquire, answer);
            world.Witness.Acquired(acquire, timeout);
            Call(pool => pool.Acquire(acquire, load, timeout));
        }
        else if (_acquires.ContainsKey(acquire))
        {
            Call(pool => pool.Acquire(acquire, load, timeout));
        }
    }

    public void Cancel(AcquireId acquire)
    {
        if (!_dead && _acquires.Remove(acquire))
        {
            world.Witness.Cancelled(acquire);
            Call(pool => pool.Cancel(acquire));
        }
    }

    /// <summary>A router could not reach an instance: look for ourselves, and believe only that.</summary>
    public void Suspected(PodId id) => Call(pool =>
    {
        if (world.Pods.TryGetValue(id.Value, out var pod))
        {
            pool.PodObserved(pod.Observation);
        }
        else
        {
            pool.PodGone(id, "unreachable");
        }
    });

    // ---- what the pool orders

    void IPodBackend.Create(PodId pod)
    {
        world.Witness.Created(pod);
        var fails = world.Chance(world.Weather.CreationFails);
        world.Schedule(world.Draw(world.Weather.Create), () =>
        {
            if (fails)
            {
                News(pool => pool.CreationFailed(pod, "no room"));
                return;
            }

            var made = new SimulatedPod(world, pod, $"node{world.Pick(3)}");
            world.Pods.Add(pod.Value, made);
            made.Start();
        });
    }

    void IPodBackend.Specialize(ClaimOrder order)
    {
        world.Witness.Ordered(order);
        void Answer(StartPhases phases, StartFault? fault) => News(pool =>
        {
            if (world.Manager != this)
            {
                return;
            }

            world.Witness.Answered(order, fault);
            if (fault is null)
            {
                pool.Specialized(order.Claim, phases);
            }
            else
            {
                pool.SpecializationFailed(order.Claim, fault);
            }
        });

        ToPod(order.Pod, pod => pod.Specialize(order, Answer), () => Answer(default, new StartFault(false, "POD_GONE", "no such pod")));
    }

    void IPodBackend.Drain(PodId pod, TimeSpan grace)
    {
        world.Witness.DrainOrdered(pod);
        void Drained() => News(pool => pool.Drained(pod));
        ToPod(pod, found => found.Drain(Drained), Drained);
    }

    void IPodBackend.Delete(PodId pod, DeleteReason reason)
    {
        world.Witness.DeleteOrdered(pod, reason);
        ToPod(pod, found => found.Die("deleted"), () => News(pool => pool.PodGone(pod, "no such pod")));
    }

    // ---- what the pool says

    void IPoolListener.Answered(AcquireId acquire, AcquireAnswer answer)
    {
        world.Witness.Answered(acquire, answer);
        if (_acquires.Remove(acquire, out var deliver))
        {
            world.Schedule(world.Draw(world.Weather.Network), () => deliver(answer));
        }
    }

    void IPoolListener.RouteChanged(FunctionName function, long version)
    {
        world.Witness.RouteChanged(version);
        _changed.Add((function, version));
    }

    void IPoolListener.Happened(PoolEvent happened) => world.Witness.Happened(happened);

    private void ToPod(PodId id, Action<SimulatedPod> deliver, Action missing)
    {
        if (world.Chance(world.Weather.LostOrder))
        {
            return;
        }

        world.Send(() =>
        {
            if (world.Pods.TryGetValue(id.Value, out var pod))
            {
                deliver(pod);
            }
            else
            {
                missing();
            }
        });
    }
}
