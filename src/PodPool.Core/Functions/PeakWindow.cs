namespace PodPool.Core;

/// <summary>
/// The peak of a load over the last <paramref name="window"/> at least, and an eighth more at most: kept in nine buckets, of which
/// the newest is being filled. Constant memory, whatever the load does.
/// </summary>
/// <param name="window">How far it looks back, in timestamps.</param>
/// <param name="now">When it begins.</param>
/// <param name="load">The load then.</param>
internal sealed class PeakWindow(long window, long now, long load)
{
    private const int Parts = 8;

    private readonly long _part = Math.Max(1, (window + Parts - 1) / Parts);
    private readonly long[] _peaks = NewPeaks(load);
    private long _load = load;
    private long _began = now;
    private int _newest;

    /// <summary>The peak can be lower from then on.</summary>
    public long NextChange => _began + _part;

    /// <summary>The load is this from now on.</summary>
    public void Note(long at, long value)
    {
        Advance(at);
        _load = value;
        Raise(at, value);
    }

    /// <summary>Holds the peak up as if the load had just been this.</summary>
    public void Raise(long at, long value)
    {
        Advance(at);
        _peaks[_newest] = Math.Max(_peaks[_newest], value);
    }

    public long Peak(long at)
    {
        Advance(at);
        var peak = 0L;
        foreach (var value in _peaks)
        {
            peak = Math.Max(peak, value);
        }

        return peak;
    }

    private static long[] NewPeaks(long load)
    {
        var peaks = new long[Parts + 1];
        peaks[0] = load;
        return peaks;
    }

    private void Advance(long at)
    {
        var parts = (at - _began) / _part;
        if (parts <= 0)
        {
            return;
        }

        _began += parts * _part;
        for (var i = Math.Min(parts, _peaks.Length); i > 0; i--)
        {
            _newest = (_newest + 1) % _peaks.Length;
            _peaks[_newest] = _load;
        }
    }
}
