namespace PodPool.Simulation;

/// <summary>
/// The time of a load, in ticks since it began. It moves with each request; the pool sees it move only with what concerns the pool, and never backwards.
/// </summary>
internal sealed class LoadClock(DateTimeOffset begin) : TimeProvider
{
    private long _shown;

    public long Now { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _shown;

    public override DateTimeOffset GetUtcNow() => begin + TimeSpan.FromTicks(_shown);

    /// <summary>Before the pool is called: it sees what time it is.</summary>
    public void Show() => _shown = Math.Max(_shown, Now);
}
