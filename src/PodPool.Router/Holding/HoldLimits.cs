namespace PodPool.Router.Holding;

/// <summary>What may be held, and for how long.</summary>
internal sealed class HoldLimits(RouterOptions options)
{
    private readonly Lock _gate = new();
    private int _count;
    private long _bytes;
    private volatile bool _isClosed;

    /// <summary>Requests held for one function.</summary>
    public int PerFunction { get; } = options.HoldLimitPerFunction;

    /// <summary>How long a request may be held.</summary>
    public TimeSpan Time { get; } = options.HoldTime;

    /// <summary>Requests held now, for all functions.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Nothing is held any more: the router ends.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>From now on nothing is held.</summary>
    public void Close() => _isClosed = true;

    /// <summary>Makes room for one more request.</summary>
    /// <param name="bytes">What it keeps in memory while it is held.</param>
    public bool TryEnter(long bytes)
    {
        lock (_gate)
        {
            if (_isClosed || _count >= options.HoldLimit || _bytes + bytes > options.HoldLimitBytes)
            {
                return false;
            }

            _count++;
            _bytes += bytes;
            return true;
        }
    }

    /// <summary>Gives a request's room back.</summary>
    public void Leave(long bytes)
    {
        lock (_gate)
        {
            _count--;
            _bytes -= bytes;
        }
    }
}
