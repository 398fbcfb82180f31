using System.Globalization;
using PodPool.Core;

namespace PodPool.Simulation;

/// <summary>
/// The line between the router and the pool: what the pool is told of each function's gate, and what it says, which is noted down until the router takes it,
/// for a pool may not be called back. Functions are numbers on the one side and names on the other.
/// </summary>
internal sealed class PoolLine : IPoolListener
{
    private const string Router = "router";
    private const string Revision = "r1";

    private readonly SimulationSettings _settings;
    private readonly LoadClock _clock;
    private readonly SimulatedPods _pods;
    private readonly Dictionary<FunctionName, int> _places = [];
    private readonly Dictionary<AcquireId, int> _acquires = [];
    private readonly Queue<int> _routes = new();
    private readonly Queue<(int Function, bool Served)> _answers = new();
    private FunctionName[] _names = [];
    private long _acquired;
    private long _version;
    private long _acknowledged;
    private ulong _sequence;

    /// <summary>A pool that is full, and one router at it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting of the pool is outside what is allowed.</exception>
    public PoolLine(SimulationSettings settings, LoadClock clock, SimulatedPods pods)
    {
        (_settings, _clock, _pods) = (settings, clock, pods);
        Pool = new Pool(settings.Pool, pods, this, clock, pods.NewName);
        Pool.RouterConnected(Router);
        Pool.Reconcile(pods.BeginWith(Math.Min(settings.Pool.Warm, settings.Pool.Max)));
    }

    public Pool Pool { get; }

    /// <summary>When the pool has something to do; <see cref="long.MaxValue"/>: nothing is due.</summary>
    public long PoolAt => Pool.NextDue ?? long.MaxValue;

    // ---- what the pool is told

    /// <summary>There is one function more.</summary>
    /// <param name="function">The number that follows on the last one's.</param>
    public void AddFunction(int function)
    {
        if (function == _names.Length)
        {
            Array.Resize(ref _names, Math.Max(16, 2 * function));
        }

        var name = _names[function] = new FunctionName("default", string.Create(CultureInfo.InvariantCulture, $"f{function}"));
        _places.Add(name, function);
        Pool.SetFunction(new FunctionSpec(name, Revision, "p", _settings.Concurrency, new ScaleLimits(0, int.MaxValue, _settings.IdleTimeout), EmptyPoolPolicy.Wait));
    }

    /// <summary>How much of a function is in flight and waits.</summary>
    public void Say(ref Gate gate, int function)
    {
        gate.Said = gate.InFlight;
        _clock.Show();
        Pool.Report(LoadOf(gate, function));
    }

    /// <summary>That those who wait need an instance, until a time.</summary>
    public void Ask(ref Gate gate, int function, long until)
    {
        gate.Asks = true;
        gate.Said = gate.InFlight;
        var acquire = new AcquireId(++_acquired);
        _acquires.Add(acquire, function);
        _clock.Show();
        Pool.Acquire(acquire, LoadOf(gate, function), TimeSpan.FromTicks(until - _clock.Now));
    }

    /// <summary>That a function has one more instance, which was there before.</summary>
    public void Adopt(int function)
    {
        _clock.Show();
        Pool.PodObserved(_pods.Adopt(_names[function], Revision));
    }

    // ---- what the pool said

    /// <returns>Whether there is an answer that was not taken yet; a function has one for each <see cref="Ask"/>.</returns>
    public bool TakeAnswer(out int function, out bool served)
    {
        var any = _answers.TryDequeue(out var answer);
        (function, served) = answer;
        return any;
    }

    /// <returns>Whether there is a function whose instances changed and that was not taken yet.</returns>
    public bool TakeRoute(out int function, out int instances)
    {
        if (_routes.TryDequeue(out function))
        {
            instances = Pool.RouteOf(_names[function]).Instances.Count;
            return true;
        }

        instances = 0;
        return false;
    }

    /// <summary>The router has seen all that changed of the routes.</summary>
    /// <returns>Whether the pool did not know that.</returns>
    public bool Acknowledge()
    {
        if (_version <= _acknowledged)
        {
            return false;
        }

        Pool.RouterAcknowledged(Router, _acknowledged = _version);
        return true;
    }

    void IPoolListener.Answered(AcquireId acquire, AcquireAnswer answer)
    {
        _acquires.Remove(acquire, out var function);
        _answers.Enqueue((function, answer is AcquireAnswer.Instance));
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
            _pods.BecameWarm();
        }
    }

    private FunctionLoad LoadOf(in Gate gate, int function) => new(Router, _names[function], ++_sequence, gate.Waiting, gate.InFlight);
}
