namespace PodPool.Core.Tests.Sizing;

/// <summary>A clock that moves when it is told to, and begins on a Monday.</summary>
internal sealed class WallClock : TimeProvider
{
    public static readonly DateTimeOffset Begin = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => Begin + TimeSpan.FromTicks(_now);

    public void MoveTo(long timestamp) => _now = Math.Max(_now, timestamp);
}
