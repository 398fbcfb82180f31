namespace PodPool.Core;

/// <summary>
/// Keeps a function that does not start from eating pods.
/// <code>
/// Closed ──a start failed──► Open ──time──► half open: one trial at a time
///    ▲                        ▲                      │
///    └────────a start succeeded, a deploy────────────┤
///                             └────it failed: twice as long
/// </code>
/// </summary>
internal sealed class Breaker
{
    private long _openedAt;
    private TimeSpan _lasts;

    /// <summary>Why it opened; null: closed.</summary>
    public StartFault? Fault { get; private set; }

    public long Until { get; private set; }

    public bool IsOpen(long now) => Fault is not null && now < Until;

    /// <summary>How many claims may be under way at once.</summary>
    public int MaxClaims(long now) => Fault is null ? int.MaxValue : now < Until ? 0 : 1;

    /// <summary>A start failed that began then.</summary>
    /// <returns>Whether it opened by this; not for a start that had begun before it opened last.</returns>
    public bool Trip(StartFault fault, long began, Clock clock, PoolSpec spec)
    {
        if (Fault is not null && began <= _openedAt)
        {
            return false;
        }

        _lasts = Fault is null ? spec.Breaker : _lasts * 2;
        if (_lasts > spec.BreakerMax)
        {
            _lasts = spec.BreakerMax;
        }

        Fault = fault;
        _openedAt = clock.Now;
        Until = clock.After(_lasts);
        return true;
    }

    /// <returns>Whether it was not closed.</returns>
    public bool Close()
    {
        var was = Fault is not null;
        Fault = null;
        return was;
    }
}
