using PodPool.Cli.Bench.Statistics;

namespace PodPool.Cli.Tests.Bench.Statistics;

public sealed class SamplesTests
{
    [Fact]
    public void They_come_in_the_order_in_which_they_were_due()
    {
        var samples = new Samples();
        samples.Add(TimeSpan.FromSeconds(2), 20, "");
        samples.Add(TimeSpan.FromSeconds(1), 10, "");

        Assert.Equal([10, 20], samples.InOrder().Select(sample => sample.Ms));
    }

    [Fact]
    public void Of_more_than_it_holds_each_has_the_same_chance()
    {
        var samples = new Samples(1000);
        for (var index = 0; index < 100_000; index++)
        {
            samples.Add(TimeSpan.FromSeconds(index), index, "");
        }

        var kept = samples.InOrder();

        Assert.Equal(1000, kept.Count);

        // The mean of 1000 of a uniform distribution: σ/√n is 0.9 % of the width.
        Assert.InRange(kept.Average(sample => sample.Ms), 50_000 - 4000, 50_000 + 4000);
    }
}
