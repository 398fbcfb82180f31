namespace PodPool.Simulation;

/// <summary>
/// One router: requests pass the gate of their function, or are held before it. It tells the pool of the load as routers do, at once when it grows beyond what
/// was said last, and when it falls after a while.
/// </summary>
/// <param name="settings">How long requests are held, and how many an instance takes.</param>
/// <param name="clock">What time it is; moved by others.</param>
/// <param name="agenda">Where the router notes when it has to say that load fell.</param>
/// <param name="departures">Where it notes when requests end; whoever moves the time takes them out.</param>
/// <param name="line">To the pool.</param>
/// <param name="tally">Counts what becomes of requests.</param>
internal sealed class SimulatedRouter(SimulationSettings settings, LoadClock clock, Agenda agenda, Departures departures, PoolLine line, Tally tally)
{
    private static readonly long LongestSilence = TimeSpan.FromSeconds(5).Ticks;

    private readonly long _silence = Math.Clamp(settings.IdleTimeout.Ticks / 16, 1, LongestSilence);
    private readonly Dictionary<int, Queue<(long At, long Duration)>> _waiting = [];
    private Gate[] _gates = [];
    private int _functions;

    /// <summary>Requests that are held.</summary>
    public long Waiting { get; private set; }

    /// <summary>There are at least so many functions.</summary>
    public void EnsureFunctions(int count)
    {
        if (count > _gates.Length)
        {
            Array.Resize(ref _gates, Math.Max(count, 2 * _gates.Length));
        }

        for (; _functions < count; _functions++)
        {
            line.AddFunction(_functions);
        }

        Settle();
    }

    /// <summary>A request comes now.</summary>
    public void Arrive(in Arrival arrival)
    {
        tally.Came();
        ref var gate = ref _gates[arrival.Function];
        if (gate.InFlight >= gate.Capacity && arrival.At < settings.Settling.Ticks)
        {
            line.Adopt(arrival.Function);
            Settle();
        }

        if (gate.InFlight < gate.Capacity)
        {
            Serve(ref gate, arrival.Function, arrival.Duration);
        }
        else
        {
            Hold(ref gate, arrival.Function, arrival.Duration);
        }
    }

    /// <summary>A request of a function ends now.</summary>
    public void Depart(int function)
    {
        ref var gate = ref _gates[function];
        gate.InFlight--;
        if (gate.Waiting > 0)
        {
            clock.Show();
            Admit(function);
            Settle();
        }
        else if (gate.InFlight < gate.Said && !gate.Falls)
        {
            gate.Falls = true;
            agenda.AddReport(clock.Now + _silence, function);
        }
    }

    /// <summary>The pool hears that less of a function is in flight, if it still is.</summary>
    public void SayWhatFell(int function)
    {
        ref var gate = ref _gates[function];
        gate.Falls = false;
        if (gate.InFlight != gate.Said)
        {
            line.Say(ref gate, function);
        }
    }

    /// <summary>After every call of the pool: does what the pool said meanwhile, until nothing is left.</summary>
    public void Settle()
    {
        while (true)
        {
            if (line.TakeRoute(out var changed, out var instances))
            {
                _gates[changed].Capacity = instances * settings.Concurrency;
                Admit(changed);
            }
            else if (line.TakeAnswer(out var answered, out var served))
            {
                _gates[answered].Asks = false;
                if (!served)
                {
                    RefuseOverdue(answered);
                }

                Admit(answered);
            }
            else if (!line.Acknowledge())
            {
                break;
            }
        }

        agenda.Look(line.PoolAt);
    }

    private void Serve(ref Gate gate, int function, long duration)
    {
        gate.InFlight++;
        tally.ServedAtOnce(duration);
        departures.Add(clock.Now + duration, function);
        if (gate.InFlight > gate.Said)
        {
            line.Say(ref gate, function);
            Settle();
        }
    }

    private void Hold(ref Gate gate, int function, long duration)
    {
        if (!_waiting.TryGetValue(function, out var waiting))
        {
            _waiting.Add(function, waiting = new());
        }

        waiting.Enqueue((clock.Now, duration));
        Waiting++;
        gate.Waiting++;
        if (gate.Asks)
        {
            line.Say(ref gate, function);
        }
        else
        {
            Ask(ref gate, function, waiting);
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
            tally.ServedAfter(clock.Now - since, duration);
            Waiting--;
            gate.Waiting--;
            gate.InFlight++;
            departures.Add(clock.Now + duration, function);
        }

        if (gate.Waiting > 0 && !gate.Asks)
        {
            Ask(ref gate, function, waiting);
        }
        else if (gate.Waiting != before)
        {
            line.Say(ref gate, function);
        }
    }

    /// <summary>The pool has until the deadline of the one that came first.</summary>
    private void Ask(ref Gate gate, int function, Queue<(long At, long Duration)> waiting) =>
        line.Ask(ref gate, function, waiting.Peek().At + settings.Deadline.Ticks);

    private void RefuseOverdue(int function)
    {
        ref var gate = ref _gates[function];
        var waiting = _waiting[function];
        while (waiting.TryPeek(out var first) && first.At + settings.Deadline.Ticks <= clock.Now)
        {
            waiting.Dequeue();
            gate.Waiting--;
            Waiting--;
            tally.Refused();
        }
    }
}
