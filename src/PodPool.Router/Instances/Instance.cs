using PodPool.Contracts.V1;

namespace PodPool.Router.Instances;

/// <summary>
/// One instance as this router uses it: how many requests it has there now, and the connections to it. Lives through all changes of
/// the table until the manager took it out of routing and its last request here has ended.
/// </summary>
/// <remarks>
/// One integer holds everything that must change together:
/// <code>
///   closed (sign) │ retired (bit 30) │ requests outstanding
/// </code>
/// so a retired instance looks full to whoever still holds an old table, and exactly one caller sees it become retired and empty.
/// </remarks>
internal sealed class Instance(string id, string address, string revision, long since, PodConnections connections, InstanceStart? start)
{
    private const int Retired = 1 << 30;
    private const int Closed = int.MinValue;

    private int _state;
    private int _startTaken;
    private volatile bool _suspect;

    public string Id => id;

    public string Address => address;

    public string Revision => revision;

    /// <summary>When this router first heard of it: a timestamp of its clock.</summary>
    public long Since => since;

    public PodConnections Connections => connections;

    /// <summary>A dial failed, and nothing came from it since: others are preferred.</summary>
    public bool IsSuspect
    {
        get => _suspect;
        set => _suspect = value;
    }

    /// <summary>How it came to be; null: the manager does not know, or it was there before the acquire that named it.</summary>
    public InstanceStart? Start => start;

    /// <summary>Requests outstanding; far above any concurrency when it is retired, below zero when it is closed.</summary>
    public int Load => Volatile.Read(ref _state);

    /// <summary>Adds a request, if the load is still what was seen.</summary>
    public bool TryClaim(int seen) => Interlocked.CompareExchange(ref _state, seen + 1, seen) == seen;

    /// <summary>Ends a request.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _state) == Retired)
        {
            CloseIfEmpty();
        }
    }

    /// <summary>Takes it out of routing; its connections are closed when its last request ends.</summary>
    public void Retire()
    {
        if ((Interlocked.Or(ref _state, Retired) & ~Retired) == 0)
        {
            CloseIfEmpty();
        }
    }

    /// <summary>Takes it back into routing.</summary>
    /// <returns>False: it is closed.</returns>
    public bool TryRevive()
    {
        while (true)
        {
            var seen = Volatile.Read(ref _state);
            if (seen < 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _state, seen & ~Retired, seen) == seen)
            {
                return true;
            }
        }
    }

    /// <summary>True once: for the request that the start is told of.</summary>
    public bool TryTakeStart() => Interlocked.Exchange(ref _startTaken, 1) == 0;

    private void CloseIfEmpty()
    {
        if (Interlocked.CompareExchange(ref _state, Closed, Retired) == Retired)
        {
            connections.Dispose();
        }
    }
}
