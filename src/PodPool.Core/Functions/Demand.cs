namespace PodPool.Core;

/// <summary>
/// A function's load over all routers. Each router's word replaces its earlier one; words carry a sequence, so one that comes late
/// or twice changes nothing.
/// </summary>
internal sealed class Demand
{
    private readonly Dictionary<string, RouterLoad> _routers = [];

    /// <summary>Requests held.</summary>
    public long Waiting { get; private set; }

    /// <summary>Requests forwarded and not finished.</summary>
    public long InFlight { get; private set; }

    public long Total => Waiting + InFlight;

    /// <summary>No router has said anything of it.</summary>
    public bool IsUnheardOf => _routers.Count == 0;

    public void Report(in FunctionLoad load) => Replace(Of(load.Router), load, load.Waiting);

    /// <summary>As a report, and somebody waits for sure.</summary>
    public void Acquire(in FunctionLoad load)
    {
        var router = Of(load.Router);
        router.Acquires++;
        Replace(router, load, Math.Max(load.Waiting, 1));
    }

    /// <summary>An acquire was answered or cancelled. What an unconnected router said counts no longer than its acquires: nobody would correct it.</summary>
    public void AcquireEnded(string router, bool connected)
    {
        if (_routers.TryGetValue(router, out var load) && load.Acquires > 0 && --load.Acquires == 0 && !connected)
        {
            Forget(router);
        }
    }

    /// <summary>An instance was promised to a router: as much of what it holds as there is room for will be in flight before it says so.</summary>
    public void Promise(string router, long room)
    {
        if (_routers.TryGetValue(router, out var load))
        {
            var promised = Math.Min(load.Waiting, room);
            load.Waiting -= promised;
            load.InFlight += promised;
            Waiting -= promised;
            InFlight += promised;
        }
    }

    /// <summary>The router is gone, and its load with it.</summary>
    /// <returns>Whether it had any.</returns>
    public bool Forget(string router)
    {
        if (!_routers.Remove(router, out var load))
        {
            return false;
        }

        Waiting -= load.Waiting;
        InFlight -= load.InFlight;
        return true;
    }

    private RouterLoad Of(string router)
    {
        if (!_routers.TryGetValue(router, out var load))
        {
            _routers.Add(router, load = new RouterLoad());
        }

        return load;
    }

    private void Replace(RouterLoad router, in FunctionLoad load, int waiting)
    {
        if (router.Sequence is { } last && load.Sequence <= last)
        {
            return;
        }

        router.Sequence = load.Sequence;
        Waiting -= router.Waiting;
        InFlight -= router.InFlight;
        router.Waiting = Math.Max(waiting, 0);
        router.InFlight = Math.Max(load.InFlight, 0);
        Waiting += router.Waiting;
        InFlight += router.InFlight;
    }

    private sealed class RouterLoad
    {
        public ulong? Sequence { get; set; }

        public long Waiting { get; set; }

        public long InFlight { get; set; }

        public int Acquires { get; set; }
    }
}
