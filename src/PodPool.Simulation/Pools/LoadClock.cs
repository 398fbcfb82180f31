namespace PodPool.Simulation;

/// <summary>A clock that moves when it is told to, and begins with the load.</summary>
internal sealed class LoadClock(DateTimeOffset begin) : TimeProvider
{
    public long Now { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now;

    public override DateTimeOffset GetUtcNow() => begin + TimeSpan.FromTicks(Now);

    public void MoveTo(long now) => Now = Math.Max(Now, now);
}
