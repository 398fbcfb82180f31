using System.Globalization;
using PodPool.Core;

namespace PodPool.Simulation;

/// <summary>
/// The real <see cref="Pool"/> in simulated time, and what is round it: pods that take their time to become warm and to start, and one router.
/// <code>
/// request ─► an instance of its function has room ─► ends after its duration      (a counter up, a counter down: nothing is allocated, no pool is asked)
///        └─► held ─► Pool.Acquire, as many pods as those that wait need ─► served, the first that came first; or refused at its deadline
/// </code>
/// The pool hears of the load as from a router: at once when it grows beyond what was said last, and when it falls after a while, which keeps an instance for
/// up to a sixteenth of the idle timeout longer. Deterministic: the same load and seed are the same run.
/// </summary>
public sealed class SimulatedPool : IPodBackend, IPoolListener
{
    private const string Router = "router";
    private const string Revision = "r1";

    private static readonly long LongestSilence = TimeSpan.FromSeconds(5).Ticks;
    private static readonly long LookAtTarget = TimeSpan.FromMinutes(1).Ticks;

    private readonly SimulationSettings _settings;
    private readonly Pool _pool;
    private readonly LoadClock _clock;
    private readonly Chance _refills;
    private readonly Chance _starts;
    private readonly PodHours _pods = new();
    private readonly Tally _tally;
    private readonly long _silence;

    private readonly Departures _departures = new();
    private readonly Queue<(long At, int Function)> _reports = new();
    private readonly PriorityQueue<Happening, (long At, long Order)> _happenings = new();
    private readonly Dictionary<int, Queue<(long At, long Duration)>> _waiting = [];
    private readonly Dictionary<FunctionName, int> _places = [];
    private readonly Queue<int> _routes = new();
    private readonly Queue<(int Function, AcquireId Acquire, bool Served)> _answers = new();
    private readonly Dictionary<AcquireId, int> _acquires = [];

    private Gate[] _gates = [];
    private FunctionName[] _names = [];
    private int _functions;
    private long _now;
    private long _slowAt;
    private long _poolAt;
    private long _targetAt;
    private long _order;
    private long _named;
    private long _acquired;
    private long _version;
    private long _acknowledged;
    private ulong _sequence;
    private long _waits;
    private long _countFrom;

    /// <summary>A pool that is full when the load begins.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is outside what is allowed.</exception>
    public SimulatedPool(SimulationSettings settings, DateTimeOffset begin)
    {
        _settings = settings;
        _clock = new LoadClock(begin);
        _tally = new Tally(settings, begin);
        (_refills, _starts) = (new Chance(settings.Seed), new Chance(~settings.Seed));
        _countFrom = settings.WarmUp.Ticks;
        _silence = Math.Clamp(settings.IdleTimeout.Ticks / 16, 1, LongestSilence);
        _pool = new Pool(settings.Pool, this, this, _clock, () => string.Create(CultureInfo.InvariantCulture, $"n{++_named}"));
        _pool.RouterConnected(Router);
        var warm = Enumerable.Range(0, Math.Min(settings.Pool.Warm, settings.Pool.Max)).Select(_ => new PodObservation(new PodId($"p{++_named}"), PodPhase.Warm, "node")).ToList();
        _pods.Change(0, 0, warm.Count, 0);
        _pool.Reconcile(warm);
        Settle();
    }

    /// <summary>Requests that are neither answered nor refused yet.</summary>
    public long Open => _waits + _departures.Count;

    /// <summary>For tests: the pool's own numbers.</summary>
    internal PoolStatus Status => _pool.Status;

    /// <summary>For tests: pods by their state, as they are counted here.</summary>
    internal (int Starting, int Warm, int Bound) Counted => (_pods.Starting, _pods.Warm, _pods.Bound);

    /// <summary>There are at least so many functions.</summary>
    public void EnsureFunctions(int count)
    {
        if (count > _gates.Length)
        {
            Array.Resize(ref _gates, Math.Max(count, 2 * _gates.Length));
            Array.Resize(ref _names, _gates.Length);
        }

        for (; _functions < count; _functions++)
        {
            var name = _names[_functions] = new FunctionName("default", string.Create(CultureInfo.InvariantCulture, $"f{_functions}"));
            _places.Add(name, _functions);
            _pool.SetFunction(new FunctionSpec(name, Revision, "p", _settings.Concurrency, new ScaleLimits(0, int.MaxValue, _settings.IdleTimeout), EmptyPoolPolicy.Wait));
        }

        Settle();
    }

    /// <summary>Lets requests come, in the order of their times.</summary>
    public void Run(ReadOnlySpan<Arrival> arrivals)
    {
        foreach (ref readonly var arrival in arrivals)
        {
            AdvanceTo(arrival.At);
            _tally.Came();
            ref var gate = ref _gates[arrival.Function];
            if (gate.InFlight >= gate.Capacity && arrival.At < _settings.Settling.Ticks)
            {
                Adopt(arrival.Function);
            }

            if (gate.InFlight < gate.Capacity)
            {
                Serve(ref gate, arrival.Function, arrival.Duration);
            }
            else
            {
                Hold(arrival.Function, arrival.Duration);
            }
        }
    }

    /// <summary>The load is over at a time; what is open is brought to its end, but counts for no pod-hours any more.</summary>
    /// <exception cref="InvalidOperationException">It did not last until anything is counted.</exception>
    public RunResult End(long at)
    {
        AdvanceTo(at);
        if (at <= _settings.WarmUp.Ticks && at > 0)
        {
            throw new InvalidOperationException(FormattableString.Invariant($"The load lasts {TimeSpan.FromTicks(at).TotalSeconds:0.#} s, and the first {_settings.WarmUp.TotalSeconds:0.#} s are not counted."));
        }

        _pods.Stop(_now);
        _tally.Stop();
        while (Open > 0)
        {
            AdvanceTo(Math.Min(_departures.NextAt, _slowAt));
        }

        return _tally.Result(_pool, _pods, at);
    }

    // ---- time

    private void AdvanceTo(long at)
    {
        while (true)
        {
            var departs = _departures.NextAt;
            if (departs <= _slowAt)
            {
                if (departs > at)
                {
                    break;
                }

                _now = departs;
                Depart(_departures.Take());
            }
            else
            {
                if (_slowAt > at)
                {
                    break;
                }

                _now = _slowAt;
                DoSlow();
            }
        }

        _now = Math.Max(_now, at);
    }

    /// <summary>Everything but requests that end.</summary>
    private void DoSlow()
    {
        _clock.MoveTo(_now);
        if (_countFrom <= _now)
        {
            BeginToCount();
        }
        else if (_targetAt <= _now)
        {
            _targetAt = _now + LookAtTarget;
            _tally.Target(_now, _pool.Status.Target);
        }
        else if (_poolAt <= _now)
        {
            _pool.Tick();
        }
        else if (_happenings.TryPeek(out var happening, out var due) && due.At <= _now)
        {
            _happenings.Dequeue();
            Happen(happening);
        }
        else
        {
            SayWhatFell(_reports.Dequeue().Function);
        }

        Settle();
    }

    private void LookWhatIsNext()
    {
        var report = _reports.TryPeek(out var first) ? first.At : long.MaxValue;
        var happens = _happenings.TryPeek(out _, out var due) ? due.At : long.MaxValue;
        _slowAt = Math.Min(Math.Min(Math.Min(report, happens), _countFrom), Math.Min(_poolAt, _targetAt));
    }

    private void BeginToCount()
    {
        _countFrom = long.MaxValue;
        _tally.Restart(_pool, _waits);
        _pods.Restart(_now);
    }

    // ---- requests

    private void Serve(ref Gate gate, int function, long duration)
    {
        gate.InFlight++;
        _tally.ServedAtOnce(duration);
        _departures.Add(_now + duration, function);
        if (gate.InFlight > gate.Said)
        {
            Say(function);
            Settle();
        }
    }

    /// <summary>An instance that is there already, as a pool finds those that it was told of.</summary>
    private void Adopt(int function)
    {
        _clock.MoveTo(_now);
        _pods.Change(_now, 0, 0, 1);
        var pod = new PodId(string.Create(CultureInfo.InvariantCulture, $"a{++_named}"));
        _pool.PodObserved(new PodObservation(pod, PodPhase.Serving, "node", new PodBinding(_names[function], Revision, new ClaimId(pod.Value))));
        Settle();
    }

    private void Depart(int function)
    {
        ref var gate = ref _gates[function];
        gate.InFlight--;
        if (gate.Waiting > 0)
        {
            _clock.MoveTo(_now);
            Admit(function);
            Settle();
        }
        else if (gate.InFlight < gate.Said && !gate.Falls)
        {
            gate.Falls = true;
            _reports.Enqueue((_now + _silence, function));
            _slowAt = Math.Min(_slowAt, _now + _silence);
        }
    }

    private void Hold(int function, long duration)
    {
        if (!_waiting.TryGetValue(function, out var waiting))
        {
            _waiting.Add(function, waiting = new());
        }

        waiting.Enqueue((_now, duration));
        _waits++;
        _clock.MoveTo(_now);
        ref var gate = ref _gates[function];
        gate.Waiting++;
        if (gate.Asks)
        {
            Say(function);
        }
        else
        {
            Ask(function);
        }

        Settle();
    }

    /// <summary>Those who wait, as far as there is room; who is left asks for more.</summary>
    private void Admit(int function)
    {
        ref var gate = ref _gates[function];
        if (gate.Waiting == 0)
        {
            return;
        }

        var waiting = _waiting[function];
        var before = gate.Waiting;
        while (gate.Waiting > 0 && gate.InFlight < gate.Capacity)
        {
            var (since, duration) = waiting.Dequeue();
            _tally.ServedAfter(_now - since, duration);
            _waits--;
            gate.Waiting--;
            gate.InFlight++;
            _departures.Add(_now + duration, function);
        }

        if (gate.Waiting > 0 && !gate.Asks)
        {
            Ask(function);
        }
        else if (gate.Waiting != before)
        {
            Say(function);
        }
    }

    private void RefuseOverdue(int function)
    {
        ref var gate = ref _gates[function];
        var waiting = _waiting[function];
        while (waiting.TryPeek(out var first) && first.At + _settings.Deadline.Ticks <= _now)
        {
            waiting.Dequeue();
            gate.Waiting--;
            _waits--;
            _tally.Refused();
        }
    }

    // ---- what the pool is told

    private FunctionLoad LoadOf(int function, in Gate gate) => new(Router, _names[function], ++_sequence, gate.Waiting, gate.InFlight);

    private void Say(int function)
    {
        ref var gate = ref _gates[function];
        gate.Said = gate.InFlight;
        _clock.MoveTo(_now);
        _pool.Report(LoadOf(function, gate));
    }

    private void SayWhatFell(int function)
    {
        ref var gate = ref _gates[function];
        gate.Falls = false;
        if (gate.InFlight != gate.Said)
        {
            Say(function);
        }
    }

    private void Ask(int function)
    {
        ref var gate = ref _gates[function];
        gate.Asks = true;
        gate.Said = gate.InFlight;
        var acquire = new AcquireId(++_acquired);
        _acquires.Add(acquire, function);
        _clock.MoveTo(_now);
        _pool.Acquire(acquire, LoadOf(function, gate), TimeSpan.FromTicks(_waiting[function].Peek().At + _settings.Deadline.Ticks - _now));
    }

    /// <summary>After every call of the pool: does what the pool asked for meanwhile, until nothing is left.</summary>
    private void Settle()
    {
        while (true)
        {
            if (_routes.TryDequeue(out var changed))
            {
                ref var gate = ref _gates[changed];
                gate.Capacity = _pool.RouteOf(_names[changed]).Instances.Count * _settings.Concurrency;
                Admit(changed);
            }
            else if (_answers.TryDequeue(out var answer))
            {
                _gates[answer.Function].Asks = false;
                if (!answer.Served)
                {
                    RefuseOverdue(answer.Function);
                }

                Admit(answer.Function);
            }
            else if (_version > _acknowledged)
            {
                _pool.RouterAcknowledged(Router, _acknowledged = _version);
            }
            else
            {
                break;
            }
        }

        _poolAt = _pool.NextDue ?? long.MaxValue;
        LookWhatIsNext();
    }

    // ---- what the pool orders

    private void Happen(in Happening happening)
    {
        switch (happening.Kind)
        {
            case HappeningKind.Warm:
                _pool.PodObserved(new PodObservation(happening.Pod, PodPhase.Warm, "node"));
                break;
            case HappeningKind.Specialized:
                _pool.Specialized(happening.Claim, default);
                break;
            case HappeningKind.Drained:
                _pool.Drained(happening.Pod);
                break;
            default:
                _pool.PodGone(happening.Pod, "deleted");
                break;
        }
    }

    private void In(long ticks, in Happening happening) => _happenings.Enqueue(happening, (_now + ticks, _order++));

    void IPodBackend.Create(PodId pod)
    {
        var slowed = 1 + (_settings.RefillSlowdown * _pods.Starting);
        _pods.Change(_now, 1, 0, 0);
        In((long)(_settings.Refill.Draw(_refills) * slowed), new(HappeningKind.Warm, pod));
    }

    void IPodBackend.Specialize(ClaimOrder order)
    {
        _pods.Change(_now, 0, -1, 1);
        In(_settings.Start.Draw(_starts), new(HappeningKind.Specialized, order.Pod, order.Claim));
    }

    void IPodBackend.Drain(PodId pod, TimeSpan grace) => In(0, new(HappeningKind.Drained, pod));

    void IPodBackend.Delete(PodId pod, DeleteReason reason)
    {
        switch (reason)
        {
            case DeleteReason.StartFailed:
                _pods.Change(_now, -1, 0, 0);
                break;
            case DeleteReason.Surplus:
                _pods.Change(_now, 0, -1, 0);
                break;
            default:
                _pods.Change(_now, 0, 0, -1);
                break;
        }

        In(0, new(HappeningKind.Gone, pod));
    }

    void IPoolListener.Answered(AcquireId acquire, AcquireAnswer answer)
    {
        _acquires.Remove(acquire, out var function);
        _answers.Enqueue((function, acquire, answer is AcquireAnswer.Instance));
    }

    void IPoolListener.RouteChanged(FunctionName function, long version)
    {
        _version = version;
        _routes.Enqueue(_places[function]);
    }

    void IPoolListener.Happened(PoolEvent happened)
    {
        if (happened.Kind == PoolEventKind.PodWarm)
        {
            _pods.Change(_now, -1, 1, 0);
        }
    }

    /// <summary>One function at the router.</summary>
    private struct Gate
    {
        public int InFlight;
        public int Capacity;
        public int Waiting;

        /// <summary>In flight, as the pool was told last.</summary>
        public int Said;

        /// <summary>The pool will be told that there are fewer.</summary>
        public bool Falls;

        /// <summary>An acquire is out.</summary>
        public bool Asks;
    }

    private enum HappeningKind : byte
    {
        Warm,
        Specialized,
        Drained,
        Gone,
    }

    private readonly record struct Happening(HappeningKind Kind, PodId Pod, ClaimId Claim = default);
}
