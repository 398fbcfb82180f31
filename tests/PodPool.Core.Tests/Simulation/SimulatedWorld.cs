using PodPool.Worlds;

namespace PodPool.Core.Tests.Simulation;

/// <summary>
/// Everything round a pool, in one thread and on one clock: pods, routers, the network between them, and the manager that runs the
/// pool. What happens next is what is scheduled next; chance comes from one seed, so a run can be repeated to the last step.
/// After every call of the pool the <see cref="Witness"/> looks at everything.
/// </summary>
internal sealed class SimulatedWorld
{
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly Random _random;
    private long _order;
    private int _names;

    public SimulatedWorld(PoolSpec spec, Weather weather, int seed)
    {
        _random = new Random(seed);
        Spec = spec;
        Clock.HasDays = spec.Auto is not null;
        Weather = weather;
        Witness = new Witness(this);
        Manager = new SimulatedManager(this);
        Manager.Start();
    }

    public SimulatedClock Clock { get; } = new();

    public Weather Weather { get; set; }

    public Witness Witness { get; }

    /// <summary>How the pool is to be kept; outlives managers.</summary>
    public PoolSpec Spec { get; private set; }

    /// <summary>The functions deployed; outlive managers.</summary>
    public Dictionary<FunctionName, FunctionSpec> Functions { get; } = [];

    /// <summary>Revisions whose start-up throws.</summary>
    public HashSet<(FunctionName Function, string Revision)> Broken { get; } = [];

    /// <summary>Pods that exist.</summary>
    public SortedDictionary<string, SimulatedPod> Pods { get; } = new(StringComparer.Ordinal);

    public List<SimulatedRouter> Routers { get; } = [];

    /// <summary>The manager of today; those before it are dead.</summary>
    public SimulatedManager Manager { get; private set; }

    public string NewName(string kind) => $"{kind}{++_names}";

    public bool Chance(double probability) => probability > 0 && _random.NextDouble() < probability;

    public int Pick(int count) => _random.Next(count);

    public TimeSpan Draw(Span seconds) => TimeSpan.FromSeconds(seconds.From + _random.NextDouble() * (seconds.To - seconds.From));

    public void Schedule(TimeSpan delay, Action action) => _events.Enqueue(action, (Clock.After(delay), _order++));

    /// <summary>Sends a message: it takes its time, and may arrive twice.</summary>
    public void Send(Action message)
    {
        Schedule(Draw(Weather.Network), message);
        if (Chance(Weather.Twice))
        {
            Schedule(Draw(Weather.Network), message);
        }
    }

    /// <summary>Lets what is scheduled happen, in its order, for so long.</summary>
    public void Run(TimeSpan span)
    {
        var end = Clock.After(span);
        while (NextAt() is { } at && at <= end)
        {
            Clock.MoveTo(at);
            Step();
        }

        Clock.MoveTo(end);
    }

    /// <summary>Time goes by and nobody does anything: the machine slept. What was due meanwhile happens afterwards.</summary>
    public void Jump(TimeSpan span) => Clock.MoveTo(Clock.After(span));

    public SimulatedRouter AddRouter()
    {
        var router = new SimulatedRouter(this, NewName("router"));
        Routers.Add(router);
        router.Connect();
        return router;
    }

    public void RemoveRouter(SimulatedRouter router)
    {
        Routers.Remove(router);
        router.Die();
    }

    public void SetFunction(FunctionSpec function)
    {
        Functions[function.Name] = function;
        Manager.Call(pool => pool.SetFunction(function));
    }

    public void Evict(FunctionName function)
    {
        Witness.Evicted(function);
        Manager.Call(pool => pool.Evict(function));
    }

    public void RemoveFunction(FunctionName function)
    {
        Witness.Removed(function);
        Functions.Remove(function);
        Manager.Call(pool => pool.RemoveFunction(function));
    }

    public void Resize(PoolSpec spec)
    {
        Spec = spec;
        Clock.HasDays |= spec.Auto is not null;
        Witness.Resized();
        Manager.Call(pool => pool.Resize(spec));
    }

    /// <summary>Kills the manager; another starts after a while and finds what there is.</summary>
    public void RestartManager(TimeSpan downtime)
    {
        Manager.Kill();
        Witness.ManagerDied();
        var next = new SimulatedManager(this);
        Manager = next;
        Schedule(downtime, () =>
        {
            if (Manager == next)
            {
                next.Start();
                Routers.ForEach(router => router.Connect());
            }
        });
    }

    private long? NextAt()
    {
        var due = Manager.NextDue;
        if (!_events.TryPeek(out _, out var next))
        {
            return due;
        }

        return due is null ? next.At : Math.Min(due.Value, next.At);
    }

    private void Step()
    {
        if (Manager.NextDue <= Clock.GetTimestamp())
        {
            Manager.Call(pool => pool.Tick());
        }
        else if (_events.TryDequeue(out var happens, out _))
        {
            happens();
        }
    }
}
