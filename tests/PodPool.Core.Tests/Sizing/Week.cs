namespace PodPool.Core.Tests.Sizing;

/// <summary>
/// A real pool over days of simulated time. A claim comes, takes a warm pod or waits for the next, serves for some seconds and ends; its pod ends with it.
/// A refill takes a lognormal time, 2 s at the median and 6 s at p99. Chance comes from one seed.
/// </summary>
internal sealed class Week : IPodBackend, IPoolListener
{
    private const string Router = "router";
    private const int Functions = 20;

    private static readonly double Spread = Math.Log(3) / 2.3263;

    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly WallClock _clock = new();
    private readonly Random _random;
    private readonly double _refillMedian;
    private readonly PoolSpec _spec;
    private readonly Load[] _loads;
    private readonly Dictionary<AcquireId, Load> _acquires = [];
    private Pool _pool;
    private long _order;
    private long _names;
    private long _orders;
    private long _version;
    private ulong _sequence;
    private long _warmSince;
    private int _warm;
    private int _target;
    private bool _shrank;
    private int _turns;

    public Week(PoolSpec spec, int seed, double refillMedian = 2)
    {
        _random = new Random(seed);
        _refillMedian = refillMedian;
        _spec = spec;
        _loads = [.. Enumerable.Range(0, Functions).Select(i => new Load(PoolUnderTest.Function($"f{i}", idleSeconds: 0)))];
        _pool = New();
        Call(pool => pool.Reconcile([]));
    }

    public long Claims { get; private set; }

    /// <summary>Claims for which no pod was taken at once.</summary>
    public long Misses { get; private set; }

    public double MissRate => (double)Misses / Claims;

    /// <summary>Pods that were warm and idle, summed over time.</summary>
    public double WarmPodHours { get; private set; }

    /// <summary>Hour by hour: how often the size changed.</summary>
    public int[] ChangesByHour { get; private set; } = new int[1];

    /// <summary>How often it grew after it had shrunk.</summary>
    public double TurnsAnHour => _turns / TimeSpan.FromTicks(_clock.GetTimestamp()).TotalHours;

    public int Least { get; private set; } = int.MaxValue;

    public int Most { get; private set; }

    public SizeDecision? Decision => _pool.Status.Size;

    public static Week Of(PoolSpec spec, IEnumerable<double> arrivals, double days = 7, int seed = 1, double refillMedian = 2)
    {
        var week = new Week(spec, seed, refillMedian);
        week.Run(arrivals, TimeSpan.FromDays(days));
        return week;
    }

    public void Run(IEnumerable<double> arrivals, TimeSpan span)
    {
        var end = _clock.GetTimestamp() + span.Ticks;
        ChangesByHour = new int[(int)Math.Ceiling(TimeSpan.FromTicks(end).TotalHours) + 1];
        using var claims = arrivals.GetEnumerator();
        long Next() => claims.MoveNext() ? (long)(claims.Current * TimeSpan.TicksPerSecond) : long.MaxValue;
        for (var claim = Next(); ; )
        {
            var due = _pool.NextDue ?? long.MaxValue;
            var happens = _events.TryPeek(out _, out var first) ? first.At : long.MaxValue;
            var at = Math.Min(claim, Math.Min(due, happens));
            if (at > end)
            {
                _clock.MoveTo(end);
                CountWarm();
                return;
            }

            _clock.MoveTo(at);
            if (due <= at)
            {
                Call(static pool => pool.Tick());
            }
            else if (happens <= at)
            {
                _events.Dequeue()();
            }
            else
            {
                Claim(_loads[_random.Next(Functions)]);
                claim = Next();
            }
        }
    }

    /// <summary>At this hour of each day another manager takes over what there is.</summary>
    /// <param name="hour">When.</param>
    /// <param name="remembers">Whether it is given what the one before has learnt.</param>
    public void ReplaceDaily(double hour, bool remembers) => In(hour * 3600, () =>
    {
        Replace(remembers);
        ReplaceDaily(24, remembers);
    });

    public override string ToString() =>
        $"{Claims} claims, {MissRate:P2} missed, {WarmPodHours:0} warm pod-hours, sizes {Least} to {Most}, {ChangesByHour.Average():0.0} changes and {TurnsAnHour:0.0} turns an hour, {ChangesByHour.Skip(1).Max()} at most; {Decision?.Why}";

    private Pool New()
    {
        var pool = new Pool(_spec, this, this, _clock, () => $"n{++_names}");
        pool.RouterConnected(Router);
        foreach (var load in _loads)
        {
            pool.SetFunction(load.Function);
        }

        return pool;
    }

    private void Replace(bool remembers)
    {
        var (before, observed) = (_pool, _pool.Books.Pods.All.Where(pod => pod.State != PodState.Gone).Select(Observed).ToList());
        (_pool, _version) = (New(), 0);
        if (remembers)
        {
            Assert.Null(_pool.Learn(before.Learnt!));
        }

        foreach (var load in _loads)
        {
            _pool.Report(Said(load));
        }

        Call(pool => pool.Reconcile(observed));
        foreach (var (acquire, load) in _acquires.ToList())
        {
            Call(pool => pool.Acquire(acquire, Said(load), TimeSpan.FromMinutes(5)));
        }
    }

    private static PodObservation Observed(Pod pod)
    {
        var phase = pod.State switch
        {
            PodState.Starting => PodPhase.Starting,
            PodState.Warm => PodPhase.Warm,
            PodState.Claimed => PodPhase.Specializing,
            PodState.Serving => PodPhase.Serving,
            _ => PodPhase.Draining,
        };
        var binding = pod.Revision is { Spec: var function } ? new PodBinding(function.Name, function.Revision, pod.Claim) : null;
        return new(pod.Id, phase, "node", binding);
    }

    private void Claim(Load load)
    {
        var acquire = new AcquireId(Claims++);
        load.Waiting++;
        _acquires.Add(acquire, load);
        var ordered = _orders;
        Call(pool => pool.Acquire(acquire, Said(load), TimeSpan.FromMinutes(5)));
        Misses += ordered == _orders ? 1 : 0;
    }

    private FunctionLoad Said(Load load) => new(Router, load.Function.Name, ++_sequence, load.Waiting, load.InFlight);

    private void Call(Action<Pool> call)
    {
        call(_pool);
        while (_pool.RouteVersion > _version)
        {
            _version = _pool.RouteVersion;
            _pool.RouterAcknowledged(Router, _version);
        }

        Watch();
    }

    private void Watch()
    {
        if (_pool.Books.Pods.Count(PodState.Warm) != _warm)
        {
            CountWarm();
        }

        if (_pool.Sizing.Target != _target)
        {
            var shrinks = _pool.Sizing.Target < _target;
            _turns += _shrank && !shrinks ? 1 : 0;
            _shrank = shrinks;
            _target = _pool.Sizing.Target;
            (Least, Most) = (Math.Min(Least, _target), Math.Max(Most, _target));
            ChangesByHour[(int)(_clock.GetTimestamp() / TimeSpan.TicksPerHour)]++;
        }
    }

    private void CountWarm()
    {
        var now = _clock.GetTimestamp();
        WarmPodHours += _warm * (now - _warmSince) / (double)TimeSpan.TicksPerHour;
        (_warm, _warmSince) = (_pool.Books.Pods.Count(PodState.Warm), now);
    }

    private void In(double seconds, Action action) => _events.Enqueue(action, (_clock.GetTimestamp() + (long)(seconds * TimeSpan.TicksPerSecond), _order++));

    private double Exponential(double mean) => -Math.Log(1 - _random.NextDouble()) * mean;

    private double RefillSeconds()
    {
        var normal = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        return _refillMedian * Math.Exp(Spread * normal);
    }

    void IPodBackend.Create(PodId pod) => In(RefillSeconds(), () => Call(pool => pool.PodObserved(new PodObservation(pod, PodPhase.Warm, "node"))));

    void IPodBackend.Specialize(ClaimOrder order)
    {
        _orders++;
        In(0.01, () => Call(pool => pool.Specialized(order.Claim, default)));
    }

    void IPodBackend.Drain(PodId pod, TimeSpan grace) => In(0, () => Call(pool => pool.Drained(pod)));

    void IPodBackend.Delete(PodId pod, DeleteReason reason) => In(0, () => Call(pool => pool.PodGone(pod, "deleted")));

    void IPoolListener.Answered(AcquireId acquire, AcquireAnswer answer)
    {
        _acquires.Remove(acquire, out var load);
        load!.Waiting--;
        if (answer is AcquireAnswer.Instance)
        {
            load.InFlight++;
            In(Exponential(5), () =>
            {
                load.InFlight--;
                Call(pool => pool.Report(Said(load)));
            });
        }
    }

    void IPoolListener.RouteChanged(FunctionName function, long version)
    {
    }

    void IPoolListener.Happened(PoolEvent happened)
    {
    }

    private sealed class Load(FunctionSpec function)
    {
        public FunctionSpec Function => function;

        public int Waiting { get; set; }

        public int InFlight { get; set; }
    }
}
