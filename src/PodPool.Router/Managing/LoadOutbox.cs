using System.Collections.Concurrent;
using PodPool.Contracts.V1;
using PodPool.Following;
using PodPool.Router.Holding;

namespace PodPool.Router.Managing;

/// <summary>
/// What the router has to tell the manager. Kept as state, not as messages: a load that changed twice is told once, as it is then; so what
/// waits here has a bound, and nothing is lost with a stream.
/// </summary>
internal sealed class LoadOutbox
{
    private readonly ConcurrentQueue<Function> _changed = new();
    private readonly ConcurrentDictionary<string, Reason> _suspects = new();

    /// <summary>One more than the version; zero: nothing to acknowledge.</summary>
    private ulong _acknowledged;

    private ulong _sequence;

    /// <summary>There is something to tell.</summary>
    public Signal Any { get; } = new();

    /// <summary>There is something to tell that must not wait.</summary>
    public Signal Urgent { get; } = new();

    /// <summary>A function's load changed; kept once until it is taken.</summary>
    public void Changed(Function function, bool urgent)
    {
        var isNews = function.TryMarkChanged();
        if (isNews)
        {
            _changed.Enqueue(function);
        }

        if (isNews || urgent)
        {
            Wake(urgent);
        }
    }

    /// <summary>An instance is suspected.</summary>
    public void Suspect(string instanceId, Reason reason)
    {
        _suspects[instanceId] = reason;
        Wake(urgent: true);
    }

    /// <summary>Everything up to here is in the table.</summary>
    public void Acknowledge(ulong version)
    {
        Volatile.Write(ref _acknowledged, version + 1);
        Wake(urgent: true);
    }

    /// <summary>The load that goes with an acquire.</summary>
    public FunctionLoad LoadOf(Function function) => function.TakeLoad(ref _sequence);

    /// <summary>Another manager, or another stream: it knows nothing of what was told.</summary>
    public void Restart(IEnumerable<Function> all)
    {
        Volatile.Write(ref _acknowledged, 0);
        foreach (var function in all)
        {
            function.ForgetReports();
        }
    }

    /// <summary>What is to be told now.</summary>
    public IEnumerable<RouterMessage> Take()
    {
        // Suspicions first: an acquire that follows one is answered better.
        foreach (var (instance, _) in _suspects)
        {
            if (_suspects.TryRemove(instance, out var reason))
            {
                yield return new() { Suspect = new() { InstanceId = instance, Reason = reason } };
            }
        }

        if (Interlocked.Exchange(ref _acknowledged, 0) is var next and > 0)
        {
            yield return new() { Ack = new() { Version = next - 1 } };
        }

        for (var count = _changed.Count; count > 0 && _changed.TryDequeue(out var function); count--)
        {
            var load = function.TakeReport(ref _sequence, out var fell);
            if (fell)
            {
                Changed(function, urgent: false);
            }

            if (load is not null)
            {
                yield return new() { Load = load };
            }
        }
    }

    private void Wake(bool urgent)
    {
        if (urgent)
        {
            Urgent.Set();
        }

        Any.Set();
    }
}
