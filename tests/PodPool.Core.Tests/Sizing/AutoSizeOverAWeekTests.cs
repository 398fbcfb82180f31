namespace PodPool.Core.Tests.Sizing;

/// <summary>
/// Seven days of each kind of load on a real pool that was asked for a miss probability of 0.01. The seeds are others than those the constants of the
/// estimators were chosen with.
/// </summary>
public sealed class AutoSizeOverAWeekTests
{
    private static readonly PoolSpec Auto = new() { Name = "default", Warm = 5, Auto = new SizeAuto(0.01) };

    [Fact]
    public void Claims_that_are_independent_miss_no_more_than_asked()
    {
        var week = Week.Of(Auto, Arrivals.Poisson(0.5, seed: 31));
        Hold(week, missRate: 0.015, changesAnHour: 2);

        // 4 would miss 2.7 %, by Palm's theorem: so the size is not only enough, but the least.
        Assert.InRange(week.Decision!.Warm, 5, 6);
    }

    [Fact]
    public void A_day_and_a_night_cost_far_less_than_a_fixed_size_that_misses_as_few()
    {
        var load = Arrivals.Diurnal(most: 2, ratio: 20);
        IEnumerable<double> Claims() => Arrivals.Poisson(load, 2, seed: 32);
        var week = Week.Of(Auto, Claims());
        Hold(week, missRate: 0.015, changesAnHour: 3);

        var (few, enough) = (0, week.Most);
        var same = week;
        while (few + 1 < enough)
        {
            var warm = (few + enough) / 2;
            var tried = Week.Of(Auto with { Auto = null, Warm = warm }, Claims());
            (few, enough, same) = tried.MissRate <= week.MissRate ? (few, warm, tried) : (warm, enough, same);
        }

        Report($"  the smallest fixed size that misses no more is {enough}: {same.MissRate:P2}, {same.WarmPodHours:0} warm pod-hours, so that is {week.WarmPodHours / same.WarmPodHours:0.00} of it");
        Assert.NotSame(week, same);
        Assert.InRange(week.WarmPodHours / same.WarmPodHours, 0, 0.7);
    }

    [Fact]
    public void Trains_of_claims_with_gaps_of_any_length_miss_no_more_than_asked() =>
        Hold(Week.Of(Auto, Arrivals.Pareto(0.5, shape: 1.5, seed: 33)), missRate: 0.015, changesAnHour: 5);

    /// <summary>
    /// Of weeks with other seeds 20 of 20 missed 1.0 to 1.4 %; the first of these four misses 1.7 %, of which a single batch of a thousand is more than
    /// a third. No stock is kept for such a one, so it is the weeks together that must hold.
    /// </summary>
    [Fact]
    public void Batches_of_a_heavy_tail_miss_little_more_than_asked()
    {
        var weeks = Enumerable.Range(34, 4).Select(seed => Week.Of(Auto, Arrivals.Batches(0.2, Arrivals.ParetoSize(shape: 2.5, most: 1000), seed))).ToList();
        weeks.ForEach(week => Hold(week, missRate: 0.02, changesAnHour: 8));
        Assert.InRange((double)weeks.Sum(week => week.Misses) / weeks.Sum(week => week.Claims), 0, 0.015);
    }

    [Fact]
    public void Batches_ten_times_as_bursty_as_chance_miss_no_more_than_asked() =>
        Hold(Week.Of(Auto, Arrivals.Batches(0.1, Arrivals.Geometric(again: 9 / 11.0), seed: 35)), missRate: 0.03, changesAnHour: 5);

    [Fact]
    public void Bursts_of_some_seconds_ten_times_as_bursty_as_chance_miss_no_more_than_asked() =>
        Hold(Week.Of(Auto, Arrivals.Modulated(quiet: 0.2, quietSeconds: 120, burst: 1.7, burstSeconds: 10, seed: 36)), missRate: 0.03, changesAnHour: 8);

    [Fact]
    public void A_load_that_is_tenfold_from_one_second_to_the_next_misses_no_more_than_asked() =>
        Hold(Week.Of(Auto, Arrivals.Poisson(Arrivals.Step(few: 0.1, many: 1, hours: 3), 1, seed: 37)), missRate: 0.03, changesAnHour: 5);

    [Fact]
    public void Refills_that_have_to_queue_are_reckoned_with()
    {
        // 2.2 refills are under way on average, and no more than 4 may be.
        Hold(Week.Of(Auto with { RefillParallelism = 4 }, Arrivals.Poisson(1, seed: 38), days: 2), missRate: 0.015, changesAnHour: 3);
        Hold(Week.Of(Auto with { RefillPerSecond = 0.65, RefillBurst = 1 }, Arrivals.Poisson(0.5, seed: 39), days: 2), missRate: 0.015, changesAnHour: 10);
    }

    [Fact]
    public void Slow_refills_are_reckoned_with() =>
        Hold(Week.Of(Auto, Arrivals.Poisson(0.1, seed: 40), refillMedian: 60), missRate: 0.015, changesAnHour: 3);

    [Fact]
    public void The_same_claims_lead_to_the_same_sizes()
    {
        string Day() => Week.Of(Auto, Arrivals.Batches(0.2, Arrivals.Geometric(again: 0.5), seed: 21), days: 1).ToString();
        Assert.Equal(Day(), Day());
    }

    private static void Hold(Week week, double missRate, double changesAnHour)
    {
        Report(week.ToString());
        Assert.InRange(week.MissRate, 0, missRate);

        // The first hour is for learning. Growing by one and one with the morning is no thrashing; there and back again is.
        var changes = week.ChangesByHour.Skip(1).ToList();
        Assert.InRange(changes.Average(), 0, changesAnHour);
        Assert.InRange(changes.Max(), 0, 40);
        Assert.InRange(week.TurnsAnHour, 0, changesAnHour);
    }

    private static void Report(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
