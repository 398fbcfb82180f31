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
public sealed class SimulatedPool
{
    private readonly SimulationSettings _settings;
    private readonly LoadClock _clock;
    private readonly Agenda _agenda;
    private readonly Departures _departures = new();
    private readonly SimulatedPods _pods;
    private readonly Pool _pool;
    private readonly SimulatedRouter _router;
    private readonly Tally _tally;

    /// <summary>A pool that is full when the load begins.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is outside what is allowed.</exception>
    public SimulatedPool(SimulationSettings settings, DateTimeOffset begin)
    {
        _settings = settings;
        _clock = new LoadClock(begin);
        _tally = new Tally(settings, begin);
        _agenda = new Agenda(settings.WarmUp.Ticks);
        _pods = new SimulatedPods(settings, _clock, _agenda);
        var line = new PoolLine(settings, _clock, _pods);
        _pool = line.Pool;
        _router = new SimulatedRouter(settings, _clock, _agenda, _departures, line, _tally);
        _router.Settle();
    }

    /// <summary>Requests that are neither answered nor refused yet.</summary>
    public long Open => _router.Waiting + _departures.Count;

    /// <summary>For tests: the pool's own numbers.</summary>
    internal PoolStatus Status => _pool.Status;

    /// <summary>For tests: pods by their state, as they are counted here.</summary>
    internal (int Starting, int Warm, int Bound) Counted => (_pods.Hours.Starting, _pods.Hours.Warm, _pods.Hours.Bound);

    /// <summary>There are at least so many functions.</summary>
    public void EnsureFunctions(int count) => _router.EnsureFunctions(count);

    /// <summary>Lets requests come, in the order of their times.</summary>
    public void Run(ReadOnlySpan<Arrival> arrivals)
    {
        foreach (ref readonly var arrival in arrivals)
        {
            AdvanceTo(arrival.At);
            _router.Arrive(arrival);
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

        _pods.Hours.Stop(_clock.Now);
        _tally.Stop();
        while (Open > 0)
        {
            AdvanceTo(Math.Min(_departures.NextAt, _agenda.NextAt));
        }

        return _tally.Result(_pool, _pods.Hours, at);
    }

    /// <summary>Everything that is due by then, in the order of its times; of what is due at one time, requests end first.</summary>
    private void AdvanceTo(long at)
    {
        while (true)
        {
            var departs = _departures.NextAt;
            var other = _agenda.NextAt;
            if (departs <= other)
            {
                if (departs > at)
                {
                    break;
                }

                _clock.Now = departs;
                _router.Depart(_departures.Take());
            }
            else
            {
                if (other > at)
                {
                    break;
                }

                _clock.Now = other;
                DoNext(other);
            }
        }

        _clock.Now = Math.Max(_clock.Now, at);
    }

    /// <summary>One thing that is due now, but no end of a request.</summary>
    private void DoNext(long now)
    {
        _clock.Show();
        if (_agenda.TakeCount(now))
        {
            _tally.Restart(_pool, _router.Waiting);
            _pods.Hours.Restart(now);
        }
        else if (_agenda.TakeTarget(now))
        {
            _tally.Target(now, _pool.Status.Target);
        }
        else if (_agenda.IsPoolDue(now))
        {
            _pool.Tick();
        }
        else if (_agenda.TakeHappening(now, out var happening))
        {
            happening.TellTo(_pool);
        }
        else
        {
            _router.SayWhatFell(_agenda.TakeReport());
        }

        _router.Settle();
    }
}
