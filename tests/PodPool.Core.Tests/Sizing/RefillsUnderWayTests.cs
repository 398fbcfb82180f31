using CsCheck;

namespace PodPool.Core.Tests.Sizing;

public sealed class RefillsUnderWayTests
{
    private static readonly Gen<(double Mean, double Ratio)> Any = Gen.Select(Gen.Double[0.001, 400], Gen.Double[1, 20]);

    [Theory]
    [InlineData(1, 5, 0.00365985)]
    [InlineData(2.236, 7, 0.00816)]
    [InlineData(100, 124, 0.0112435)]
    public void Independent_claims_are_Poissons_tail(double mean, int warm, double tail) =>
        Assert.Equal(tail, new RefillsUnderWay(mean, mean).MissProbability(warm), tail / 100);

    [Fact]
    public void Bursty_claims_are_the_tail_of_a_negative_binomial_biased_by_size() =>
        Any.Sample(any =>
        {
            // With r = 1 that is geometric, and biased by size it is the sum of two: a closed form.
            var (mean, ratio) = (any.Mean, 1 + any.Mean);
            var again = mean / (1 + mean);
            var warm = (int)mean + 3;
            var tail = Math.Pow(again, warm) * (1 + warm * (1 - again));
            Assert.Equal(1, new RefillsUnderWay(mean, mean * ratio).MissProbability(warm) / tail, 1e-6);
        });

    [Fact]
    public void The_size_is_the_smallest_that_misses_no_more_than_asked() =>
        Gen.Select(Any, Gen.Double[-6, -0.01]).Sample((any, power) =>
        {
            var (underWay, asked) = (new RefillsUnderWay(any.Mean, any.Mean * any.Ratio), Math.Pow(10, power));
            var warm = underWay.WarmFor(asked);
            Assert.InRange(underWay.MissProbability(warm), 0, asked * (1 + 1e-9));
            Assert.True(warm == 0 || underWay.MissProbability(warm - 1) > asked * (1 - 1e-9));
        });

    [Fact]
    public void More_claims_and_burstier_ones_need_no_fewer_pods() =>
        Gen.Select(Any, Gen.Double[1, 2], Gen.Double[1, 2]).Sample((any, more, burstier) =>
        {
            int Warm(double mean, double ratio) => new RefillsUnderWay(mean, mean * ratio).WarmFor(0.01);
            var warm = Warm(any.Mean, any.Ratio);
            Assert.True(Warm(any.Mean * more, any.Ratio) >= warm);
            Assert.True(Warm(any.Mean, any.Ratio * burstier) >= warm || any.Mean < 1, "Only with hardly any claims do bursts leave it to fewer of them to miss.");
        });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1e-12, 1)]
    [InlineData(10_000, 1)]
    [InlineData(10_000, 500)]
    [InlineData(1e300, 1e300)]
    public void No_load_is_too_small_or_too_large_to_reckon_with(double mean, double ratio)
    {
        var underWay = new RefillsUnderWay(mean, mean * ratio);
        var warm = underWay.WarmFor(0.01);
        Assert.InRange(warm, 1, 1_000_000);
        Assert.InRange(underWay.MissProbability(warm), 0, 0.01);
    }
}
