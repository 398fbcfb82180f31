namespace PodPool.Core.Tests.Sizing;

public sealed class RefillTimesTests
{
    private readonly RefillTimes _times = new();

    [Fact]
    public void Before_any_was_measured_a_few_seconds_are_assumed()
    {
        Assert.Equal(0, _times.Measured);
        Assert.InRange(_times.Quantile(0.5), 1.8, 2.2);
        Assert.InRange(_times.Quantile(0.99), 7, 9);
        Assert.InRange(_times.Mean, 2.2, 2.6);
    }

    [Fact]
    public void What_is_measured_soon_outweighs_what_was_assumed()
    {
        Add(100, () => 0.3);
        Assert.InRange(_times.Quantile(0.5), 0.27, 0.33);
        Assert.InRange(_times.Mean, 0.3, 0.4);
    }

    [Fact]
    public void The_whole_distribution_is_kept()
    {
        var random = new Random(1);
        Add(5000, () => -Math.Log(1 - random.NextDouble()) * 4);
        Assert.InRange(_times.Mean, 3.7, 4.3);
        Assert.InRange(_times.Quantile(0.5), 2.5, 3.1);
        Assert.InRange(_times.Quantile(0.99), 15, 23);
        Assert.InRange(_times.Overlap, 0.45, 0.55);
        Assert.InRange(_times.Variation, 0.8, 1.2);
    }

    [Fact]
    public void Of_refills_that_all_take_the_same_time_two_that_begin_together_end_together()
    {
        Add(5000, () => 4);
        Assert.InRange(_times.Overlap, 0.98, 1);
        Assert.InRange(_times.Variation, 0, 0.02);
    }

    [Fact]
    public void A_platform_that_became_slower_is_slower_after_some_hundred_refills()
    {
        Add(2000, () => 1);
        Add(500, () => 10);
        Assert.InRange(_times.Mean, 6, 8);
        Add(2000, () => 10);
        Assert.InRange(_times.Mean, 9.5, 10.5);
    }

    [Fact]
    public void Times_beyond_all_bounds_count_as_the_shortest_and_the_longest()
    {
        Add(1, () => 0);
        Add(1, () => 1e6);
        Assert.InRange(_times.Quantile(1), 2000, 3000);
        Assert.InRange(_times.Quantile(0), 0, 0.02);
    }

    [Fact]
    public void A_million_refills_later_it_still_reckons()
    {
        Add(1_000_000, () => 0.3);
        Assert.Equal(0.3, _times.Mean, 1e-6);
        Assert.InRange(_times.Quantile(0), 0.2, 0.3);
        Assert.InRange(_times.Quantile(1), 0.3, 0.35);
        Assert.InRange(_times.Overlap, 0.999, 1.001);
    }

    private void Add(int count, Func<double> seconds)
    {
        for (; count > 0; count--)
        {
            _times.Add(TimeSpan.FromSeconds(seconds()));
        }
    }
}
