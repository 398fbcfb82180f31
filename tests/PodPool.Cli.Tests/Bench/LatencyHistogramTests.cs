using CsCheck;
using PodPool.Cli.Bench;

namespace PodPool.Cli.Tests.Bench;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Nothing_recorded_has_no_percentiles() => Assert.Null(new LatencyHistogram().Percentiles());

    [Fact]
    public void Percentiles_are_those_of_what_was_recorded_to_three_digits()
        => Gen.Int[1, 60_000_000].Array[1, 400].Sample(microseconds =>
        {
            var histogram = new LatencyHistogram();
            foreach (var value in microseconds)
            {
                histogram.Record(TimeSpan.FromMicroseconds(value));
            }

            var sorted = microseconds.Order().ToArray();
            var found = histogram.Percentiles()!;
            Assert.Equal(microseconds.Length, histogram.Count);
            foreach (var (percentile, milliseconds) in ((double, double)[])[(50, found.P50), (90, found.P90), (99, found.P99), (99.9, found.P999), (100, found.Max)])
            {
                // HdrHistogram takes the nearest rank.
                var rank = Math.Max(1, (int)((percentile / 100 * sorted.Length) + 0.5));
                var exact = sorted[rank - 1] / 1000.0;
                Assert.InRange(milliseconds, exact * 0.999, (exact * 1.001) + 0.001);
            }
        });

    [Fact]
    public void A_time_beyond_its_range_counts_as_the_longest()
    {
        var histogram = new LatencyHistogram();

        histogram.Record(TimeSpan.FromHours(1));

        Assert.InRange(histogram.Percentiles()!.Max, 599_000, 601_000);
    }
}
