namespace PodPool.Core;

/// <summary>
/// The pool's one look at the time: read once at the door of each call, so that a whole decision sees one instant, and never
/// backwards, whatever the provider does.
/// </summary>
internal sealed class Clock(TimeProvider time)
{
    /// <summary>Far enough never to come, near enough to add to.</summary>
    public const long Never = long.MaxValue / 2;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(36500);

    private readonly long _perSecond = time.TimestampFrequency;

    public long Now { get; private set; } = time.GetTimestamp();

    /// <summary>What the clock on the wall says, for schedules and the times of day; nothing else may depend on it.</summary>
    public DateTimeOffset WallNow => time.GetUtcNow();

    public void Look() => Now = Math.Max(Now, time.GetTimestamp());

    public long After(TimeSpan span) => Add(Now, span);

    public long Add(long at, TimeSpan span) => Math.Min(at + Length(span), Never);

    /// <summary>A span in timestamps, rounded up: what waits so long has waited at least so long.</summary>
    public long Length(TimeSpan span)
    {
        if (span <= TimeSpan.Zero)
        {
            return 0;
        }

        if (span >= Longest)
        {
            return Never / 2;
        }

        var (whole, rest) = Math.DivRem(_perSecond, TimeSpan.TicksPerSecond);
        return rest == 0
            ? Math.Min(span.Ticks, Never / 2 / whole) * whole
            : (long)Int128.Min(((Int128)span.Ticks * _perSecond + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond, Never / 2);
    }

    /// <summary>From one to the next of so many a second, rounded up.</summary>
    public long Interval(double perSecond) => (long)Math.Clamp(Math.Ceiling(_perSecond / perSecond), 1, Length(TimeSpan.FromDays(1)));

    public TimeSpan Since(long then) => Between(then, Now);

    public TimeSpan Until(long at) => Between(Now, at);

    private TimeSpan Between(long from, long to)
    {
        if (to <= from)
        {
            return TimeSpan.Zero;
        }

        var ticks = (Int128)(to - from) * TimeSpan.TicksPerSecond / _perSecond;
        return ticks > Longest.Ticks ? Longest : TimeSpan.FromTicks((long)ticks);
    }
}
