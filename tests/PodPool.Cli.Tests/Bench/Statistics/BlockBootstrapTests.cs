using CsCheck;
using PodPool.Cli.Bench.Statistics;

namespace PodPool.Cli.Tests.Bench.Statistics;

public sealed class BlockBootstrapTests
{
    [Fact]
    public void The_interval_of_a_sample_and_its_multiple_holds_the_factor()
        => Gen.Select(Gen.Double[1, 100].Array[1, 200], Gen.Double[0.2, 5]).Sample(
            (samples, factor) =>
            {
                var (low, high) = BlockBootstrap.Ratio([samples], [[.. samples.Select(value => value * factor)]], 50, 0.99);
                Assert.InRange(factor, low - 1e-9, high + 1e-9);
            },
            iter: 20);

    [Fact]
    public void Asked_again_it_says_the_same()
    {
        double[] one = [1, 2, 3, 4, 5, 6], other = [2, 3, 4, 6, 7, 8];

        Assert.Equal(BlockBootstrap.Ratio([one], [other], 50, 0.95), BlockBootstrap.Ratio([one], [other], 50, 0.95));
    }

    [Fact]
    public void What_differs_from_run_to_run_makes_it_wider()
    {
        var random = new Random(3);
        double[] Run(double level) => [.. Enumerable.Range(0, 100).Select(_ => level + random.NextDouble())];

        var (low, high) = BlockBootstrap.Ratio([Run(10), Run(12), Run(14), Run(16)], [Run(10), Run(12), Run(14), Run(16)], 50, 0.95);
        var (alikeLow, alikeHigh) = BlockBootstrap.Ratio([Run(12), Run(12)], [Run(12), Run(12)], 50, 0.95);

        Assert.True(high - low > 3 * (alikeHigh - alikeLow), $"{low} to {high}, {alikeLow} to {alikeHigh}");
    }
}
