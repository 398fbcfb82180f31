namespace PodPool.Core;

/// <summary>
/// So many at once, so many a second in the long run. Kept as the one instant at which the bucket will be full again (the generic
/// cell rate algorithm): whole numbers only, so that what is due at an instant is allowed at that instant.
/// </summary>
internal sealed class TokenBucket
{
    private readonly Clock _clock;
    private long _fullAt;
    private long _interval;
    private long _tolerance;

    public TokenBucket(Clock clock, PoolSpec spec)
    {
        _clock = clock;
        _fullAt = clock.Now;
        Change(spec);
    }

    /// <summary>When the next is allowed; not after now: at once.</summary>
    public long NextAt => _fullAt - _tolerance;

    public void Change(PoolSpec spec)
    {
        _interval = _clock.Interval(spec.RefillPerSecond);
        _tolerance = Math.Min(_interval * (spec.RefillBurst - 1), Clock.Never / 2);
    }

    public void Take() => _fullAt = Math.Max(_fullAt, _clock.Now) + _interval;
}
