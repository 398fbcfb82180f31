namespace PodPool.Core.Tests.Simulation;

/// <summary>A clock that moves when it is told to. A pool may read its timestamps and, if it sizes itself, the time of day; nothing else.</summary>
internal sealed class SimulatedClock : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => 1_000_000_000;

    public TimeSpan Now => TimeSpan.FromTicks(_now / 100);

    public override long GetTimestamp() => _now;

    /// <summary>Whether there is a time of day.</summary>
    public bool HasDays { get; set; }

    public override DateTimeOffset GetUtcNow() => HasDays ? DateTimeOffset.UnixEpoch + Now : throw new InvalidOperationException("The pool asked for the wall clock.");

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new InvalidOperationException("The pool made a timer.");

    public void MoveTo(long timestamp) => _now = Math.Max(_now, timestamp);

    public long After(TimeSpan span) => _now + span.Ticks * 100;
}
