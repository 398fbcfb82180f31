namespace PodPool.Core.Tests.Simulation;

/// <summary>A request of a caller's.</summary>
internal sealed class SimulatedRequest(FunctionName function, TimeSpan holdUntil)
{
    private Action<bool>? _finished;

    public FunctionName Function => function;

    /// <summary>When it is given up if it still waits.</summary>
    public TimeSpan HoldUntil => holdUntil;

    /// <summary>Null: still waits or runs.</summary>
    public bool? Succeeded { get; set; }

    public void Runs(Action<bool> finished) => _finished = finished;

    public void Finished(bool succeeded)
    {
        var finished = _finished;
        _finished = null;
        finished?.Invoke(succeeded);
    }
}

/// <summary>Holds requests, asks for instances, forwards; as the real one does, in little.</summary>
internal sealed class SimulatedRouter(SimulatedWorld world, string name)
{
    private readonly SortedDictionary<string, Held> _held = new(StringComparer.Ordinal);
    private SimulatedManager? _manager;
    private long _downAt;
    private long _version;
    private ulong _sequence;
    private bool _dead;

    public string Name => name;

    public bool IsIdle => _held.Values.All(held => held.Waiting.Count == 0 && held.InFlight.Values.Sum() == 0);

    public int Acquires { get; private set; }

    /// <summary>Connects to today's manager, and tells it everything.</summary>
    public void Connect()
    {
        _manager = null;
        var manager = world.Manager;
        world.Schedule(world.Draw(world.Weather.Network), () =>
        {
            if (_dead || world.Manager != manager || manager.Pool is null)
            {
                return;
            }

            _manager = manager;
            manager.Connected(this);
            foreach (var held in _held.Values)
            {
                held.Acquire = null;
                Report(held);
                Pump(held);
            }
        });
    }

    public void Die()
    {
        _dead = true;
        var manager = _manager;
        foreach (var held in _held.Values)
        {
            while (held.Waiting.TryDequeue(out var request))
            {
                request.Succeeded = false;
            }

            Cancel(held);
        }

        world.Schedule(world.Draw(world.Weather.Network), () => manager?.Disconnected(this));
    }

    public SimulatedRequest Request(FunctionName function, TimeSpan hold)
    {
        var request = new SimulatedRequest(function, world.Clock.Now + hold);
        var held = Of(function);
        held.Waiting.Enqueue(request);
        world.Schedule(hold, () => GiveUp(held, request));
        Pump(held);
        Report(held);
        return request;
    }

    /// <summary>All callers that wait for this function leave.</summary>
    public void Leave(FunctionName function)
    {
        var held = Of(function);
        FailWaiting(held);
        Cancel(held);
        Report(held);
    }

    /// <summary>Something on the stream down: in order, once.</summary>
    public void Down(SimulatedManager manager, Action message)
    {
        _downAt = Math.Max(_downAt, world.Clock.After(world.Draw(world.Weather.Network)));
        world.Schedule(TimeSpan.FromTicks((_downAt - world.Clock.GetTimestamp()) / 100 + 1), () =>
        {
            if (_manager == manager && !_dead)
            {
                message();
            }
        });
    }

    public void TakeSnapshot(SimulatedManager manager, long version, Dictionary<FunctionName, FunctionRouting> routes)
    {
        _version = 0;
        foreach (var held in _held.Values)
        {
            held.Route = null;
        }

        foreach (var (function, route) in routes)
        {
            Of(function).Take(route);
        }

        Acknowledge(manager, version);
    }

    public void TakeRoute(SimulatedManager manager, long version, FunctionName function, FunctionRouting route)
    {
        Of(function).Take(route);
        Acknowledge(manager, version);
    }

    private void Acknowledge(SimulatedManager manager, long version)
    {
        _version = Math.Max(_version, version);
        var acknowledged = _version;
        world.Schedule(world.Draw(world.Weather.Network), () =>
        {
            if (world.Manager == manager)
            {
                world.Witness.Acknowledged(Name, acknowledged);
                manager.Call(pool => pool.RouterAcknowledged(Name, acknowledged));
            }
        });
        foreach (var held in _held.Values)
        {
            Pump(held);
        }
    }

    private Held Of(FunctionName function)
    {
        if (!_held.TryGetValue(function.ToString(), out var held))
        {
            _held.Add(function.ToString(), held = new Held(function));
        }

        return held;
    }

    /// <summary>Forwards what it can, and asks for an instance for the rest.</summary>
    private void Pump(Held held)
    {
        if (_dead)
        {
            return;
        }

        while (held.Waiting.Count > 0 && held.BestInstance() is { } pod)
        {
            Forward(held, held.Waiting.Dequeue(), pod);
        }

        if (held.Waiting.Count > 0 && held.Acquire is null && _manager is { } manager)
        {
            Ask(held, manager);
        }
    }

    private void Ask(Held held, SimulatedManager manager)
    {
        var acquire = new AcquireId(world.Witness.NextAcquire++);
        var load = Load(held);
        var timeout = held.Waiting.Max(request => request.HoldUntil) - world.Clock.Now;
        held.Acquire = acquire;
        Acquires++;
        void Answer(AcquireAnswer answer)
        {
            if (held.Acquire != acquire)
            {
                return;
            }

            held.Acquire = null;
            if (answer is AcquireAnswer.Instance instance)
            {
                held.Learn(instance.Pod);
            }
            else
            {
                FailWaiting(held);
            }

            Pump(held);
            Report(held);
        }

        world.Send(() => manager.Acquire(acquire, load, timeout, Answer));
    }

    private void Forward(Held held, SimulatedRequest request, PodId pod)
    {
        held.InFlight[pod] = held.InFlight.GetValueOrDefault(pod) + 1;
        Report(held);
        request.Runs(succeeded =>
        {
            request.Succeeded = succeeded;
            Ended(held, pod);
        });
        world.Schedule(world.Draw(world.Weather.Network), () =>
        {
            if (world.Pods.TryGetValue(pod.Value, out var found) && found.Take(request))
            {
                return;
            }

            // Nothing of it was sent: forget the address, have it looked at, try another.
            held.Forgotten.Add(pod);
            var manager = _manager;
            world.Schedule(world.Draw(world.Weather.Network), () => manager?.Suspected(pod));
            if (request.HoldUntil > world.Clock.Now && !_dead)
            {
                held.Waiting.Enqueue(request);
            }
            else
            {
                request.Succeeded = false;
            }

            Ended(held, pod);
        });
    }

    private void Ended(Held held, PodId pod)
    {
        held.InFlight[pod]--;
        if (_dead)
        {
            return;
        }

        Pump(held);
        Report(held);
    }

    private void GiveUp(Held held, SimulatedRequest request)
    {
        if (!held.Waiting.Contains(request))
        {
            return;
        }

        var others = held.Waiting.Where(other => other != request).ToList();
        request.Succeeded = false;
        held.Waiting.Clear();
        others.ForEach(held.Waiting.Enqueue);
        if (others.Count == 0)
        {
            Cancel(held);
        }

        Report(held);
    }

    private void Cancel(Held held)
    {
        if (held.Acquire is { } acquire && _manager is { } manager)
        {
            world.Schedule(world.Draw(world.Weather.Network), () => manager.Cancel(acquire));
        }

        held.Acquire = null;
    }

    private void Report(Held held)
    {
        if (_manager is { } manager && !_dead)
        {
            var load = Load(held);
            world.Send(() => manager.Call(pool => pool.Report(load)));
        }
    }

    private FunctionLoad Load(Held held) => new(Name, held.Function, ++_sequence, held.Waiting.Count, held.InFlight.Values.Sum());

    private static void FailWaiting(Held held)
    {
        while (held.Waiting.TryDequeue(out var request))
        {
            request.Succeeded = false;
        }
    }

    /// <summary>What it holds and knows of one function.</summary>
    private sealed class Held(FunctionName function)
    {
        public FunctionName Function => function;

        public Queue<SimulatedRequest> Waiting { get; } = new();

        public SortedDictionary<PodId, int> InFlight { get; } = new(Comparer<PodId>.Create((x, y) => string.CompareOrdinal(x.Value, y.Value)));

        public HashSet<PodId> Forgotten { get; } = [];

        public AcquireId? Acquire { get; set; }

        public FunctionRouting? Route { get; set; }

        private readonly List<PodId> _learned = [];

        public void Take(FunctionRouting route)
        {
            Route = route;
            Forgotten.Clear();
            _learned.Clear();
        }

        public void Learn(PodId pod)
        {
            Forgotten.Remove(pod);
            if (!_learned.Contains(pod))
            {
                _learned.Add(pod);
            }
        }

        public PodId? BestInstance()
        {
            var concurrency = Route?.Function?.Concurrency ?? 1;
            PodId? best = null;
            var least = concurrency;
            foreach (var pod in (Route?.Instances.Select(instance => instance.Pod) ?? []).Union(_learned))
            {
                var inFlight = InFlight.GetValueOrDefault(pod);
                if (inFlight < least && !Forgotten.Contains(pod))
                {
                    (best, least) = (pod, inFlight);
                }
            }

            return best;
        }
    }
}
