namespace PodPool.Router.Holding;

/// <summary>A function's load: requests that wait, and requests forwarded and not finished.</summary>
internal readonly record struct Load(int Waiting, int InFlight);

/// <summary>Counts a function's forwarded requests, and knows what the manager was told of its load.</summary>
/// <remarks>
/// One integer holds both counts, so that a warm request pays for one of them only:
/// <code>
///   forwarded so far (40 bits, begins anew after 10^12) │ in flight (24 bits)
/// </code>
/// </remarks>
internal sealed class LoadMeter
{
    private const int InFlightBits = 24;
    private const ulong OneForwarded = 1UL << InFlightBits;

    private ulong _requests;
    private int _peak;
    private int _changed;
    private Load _reported;

    /// <summary>Requests forwarded and not finished.</summary>
    public int InFlight => InFlightOf(Volatile.Read(ref _requests));

    /// <summary>Requests forwarded so far.</summary>
    public long Forwarded => (long)(Volatile.Read(ref _requests) >> InFlightBits);

    /// <summary>A change waits to be told.</summary>
    public bool HasChanged => Volatile.Read(ref _changed) != 0;

    /// <summary>A request is forwarded.</summary>
    public void Began()
    {
        var now = InFlightOf(Interlocked.Add(ref _requests, OneForwarded + 1));
        if (now > _peak)
        {
            // Not exact between two that write at once: either is a number that was reached.
            _peak = now;
        }
    }

    /// <summary>A request has ended.</summary>
    public void Ended() => Interlocked.Decrement(ref _requests);

    /// <summary>A change waits to be told from now on.</summary>
    /// <returns>False: one did already.</returns>
    public bool TryMarkChanged() => Interlocked.Exchange(ref _changed, 1) == 0;

    /// <summary>What is told from now on is no longer waiting to be.</summary>
    public void ClearChanged() => Interlocked.Exchange(ref _changed, 0);

    // ---- under the function's lock

    /// <summary>The load now, to be told.</summary>
    public Load Take(int waiting) => _reported = new(waiting, InFlight);

    /// <summary>The load, to be told, if it is news.</summary>
    /// <param name="waiting">Requests that wait.</param>
    /// <param name="fell">It says more than there is by now: it is to be told again.</param>
    public Load? TakeNews(int waiting, out bool fell)
    {
        var inFlight = InFlight;
        var peak = _peak;
        _peak = inFlight;

        // What waited is what the places were taken by: a peak would count it twice.
        var now = new Load(waiting, waiting == 0 ? Math.Max(peak, inFlight) : inFlight);
        fell = now.InFlight > inFlight;
        if (now == _reported)
        {
            return null;
        }

        _reported = now;
        return now;
    }

    /// <summary>The manager knows nothing any more.</summary>
    public void Forget() => _reported = default;

    private static int InFlightOf(ulong requests) => (int)(requests & (OneForwarded - 1));
}
