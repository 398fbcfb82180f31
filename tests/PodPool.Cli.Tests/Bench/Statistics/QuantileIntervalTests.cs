using CsCheck;
using MathNet.Numerics.Distributions;
using PodPool.Cli.Bench.Statistics;

namespace PodPool.Cli.Tests.Bench.Statistics;

public sealed class QuantileIntervalTests
{
    [Fact]
    public void Its_ranks_hold_the_percentile_as_often_as_is_said_whatever_the_distribution()
        => Gen.Select(Gen.Int[1, 3000], Gen.Double[0.01, 0.999], Gen.Double[0.5, 0.9999]).Sample((n, q, confidence) =>
        {
            var (low, high) = QuantileInterval.Ranks(n, q, confidence);

            // The number of samples below the quantile is binomial: it is within when at least `low` and at most `high - 1` are.
            Assert.InRange(low, 0, n);
            Assert.InRange(high, 1, n + 1);
            Assert.True(low < high);
            var held = (high > n ? 1 : Binomial.CDF(q, n, high - 1)) - (low == 0 ? 0 : Binomial.CDF(q, n, low - 1));
            Assert.True(held >= confidence - 1e-9, $"{held} at {low}, {high}");

            // And no wider than it must be.
            Assert.True(low == n || Binomial.CDF(q, n, low) > (1 - confidence) / 2);
            Assert.True(high == 1 || Binomial.CDF(q, n, high - 2) < 1 - ((1 - confidence) / 2));
        });

    [Fact]
    public void Nineteen_of_twenty_hold_the_true_median()
    {
        var random = new Random(1);
        var held = Enumerable.Range(0, 2000).Count(_ =>
        {
            double[] sorted = [.. Enumerable.Range(0, 100).Select(_ => -Math.Log(1 - random.NextDouble())).Order()];
            var interval = QuantileInterval.Of(sorted, 50)!;
            return interval.Low <= Math.Log(2) && Math.Log(2) <= interval.High;
        });

        // 0.95 or more, by construction; less 4 σ.
        Assert.True(held >= 2000 * (0.95 - 0.02), $"{held}");
    }

    [Fact]
    public void A_sample_too_small_to_bound_a_percentile_says_so()
    {
        double[] hundred = [.. Enumerable.Range(1, 100)];

        var p99 = QuantileInterval.Of(hundred, 99)!;

        Assert.Equal(99, p99.Ms);
        Assert.NotNull(p99.Low);
        Assert.Null(p99.High);
        Assert.Null(QuantileInterval.Of([], 50));
    }
}
