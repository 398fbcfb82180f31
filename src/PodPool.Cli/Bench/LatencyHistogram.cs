using HdrHistogram;

namespace PodPool.Cli.Bench;

/// <summary>The usual points of a distribution, in milliseconds.</summary>
internal sealed record Percentiles(double P50, double P90, double P99, double P999, double Max);

/// <summary>Times, kept in microseconds with three significant digits, from 1 µs to 10 min.</summary>
internal sealed class LatencyHistogram
{
    private const long HighestMicroseconds = 600_000_000;

    private readonly LongHistogram _histogram = new(HighestMicroseconds, 3);

    public long Count => _histogram.TotalCount;

    public void Record(TimeSpan time) => _histogram.RecordValue(Math.Clamp((long)Math.Round(time.TotalMicroseconds), 0, HighestMicroseconds));

    public void RecordMilliseconds(double milliseconds) => Record(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>Null: nothing was recorded.</summary>
    public Percentiles? Percentiles() => Count == 0 ? null : new(At(50), At(90), At(99), At(99.9), At(100));

    private double At(double percentile) => _histogram.GetValueAtPercentile(percentile) / 1000.0;
}
