using PodPool.Core;

namespace PodPool.Simulation.Tests;

public sealed class TunerTests
{
    private static readonly SimulationSettings Settings = new()
    {
        Pool = new PoolSpec { Name = "default", Warm = 1 }, Refill = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6)), WarmUp = TimeSpan.FromMinutes(30),
    };

    private static readonly SyntheticLoad Load = new(SyntheticSpec.Parse("poisson:rate=2,functions=200,hours=6"));

    [Fact]
    public void More_warm_pods_miss_less_and_cost_more()
    {
        var outcomes = Try([.. ((int[])[1, 2, 4, 8, 16]).Select(warm => Candidate.OfSize(Settings, warm))]).Outcomes;

        Assert.Equal(outcomes.Select(outcome => outcome.Result.MissRate).OrderDescending(), outcomes.Select(outcome => outcome.Result.MissRate));
        Assert.Equal(outcomes.Select(outcome => outcome.Cost).Order(), outcomes.Select(outcome => outcome.Cost));
        Assert.True(outcomes[0].OnFront);
        Assert.Equal(outcomes.First(outcome => outcome.Result.MissRate <= 0.05), Outcome.Recommend(outcomes, 0.05));
        Assert.Null(Outcome.Recommend(outcomes.Take(1), 0.0001));
    }

    [Fact]
    public void On_how_many_cores_it_runs_changes_nothing()
    {
        IReadOnlyList<Candidate> candidates = [.. ((int[])[1, 3, 5]).Select(warm => Candidate.OfSize(Settings, warm)), Candidate.OfAuto(Settings, new SizeAuto(0.01))];
        string Of(int cores) => string.Join('\n', Try(candidates, cores).Outcomes.Select(outcome => outcome.Result with { TargetByHour = [] }));

        Assert.Equal(Of(1), Of(4));
    }

    [Fact]
    public void A_timetable_has_the_hours_that_want_more_and_those_in_a_row_as_one()
    {
        var byHour = new double[24];
        Array.Fill(byHour, 1.2);
        (byHour[22], byHour[23], byHour[0], byHour[12]) = (5, 4.5, 5, 9);

        var table = Timetable.Of(byHour);

        Assert.Equal(2, table.Otherwise);
        Assert.Equal([new("0 12 * * *", TimeSpan.FromHours(1), 9), new SizeSchedule("0 22 * * *", TimeSpan.FromHours(3), 5)], table.Schedules);
        Assert.Empty(Timetable.Of(new double[24]).Schedules);

        // An hour that nobody saw may be as busy as any.
        byHour[3] = double.NaN;
        Assert.Contains(new SizeSchedule("0 3 * * *", TimeSpan.FromHours(1), 9), Timetable.Of(byHour).Schedules);
    }

    [Fact]
    public void Hours_that_a_load_does_not_reach_are_not_taken_for_quiet_ones()
    {
        var hours = Try([Candidate.OfAuto(Settings, new SizeAuto(0.01))]).Outcomes[0].Result.TargetByHour;

        Assert.All(hours.Take(6), target => Assert.True(target >= 1));
        // The end is the first moment of the seventh.
        Assert.All(hours.Skip(7), target => Assert.True(double.IsNaN(target)));
    }

    [Fact]
    public void A_pool_that_is_used_up_faster_than_it_is_refilled_meets_nothing_however_large()
    {
        var slow = Settings with { Pool = Settings.Pool with { RefillPerSecond = 0.01, RefillBurst = 1 }, WarmUp = TimeSpan.FromMinutes(1) };
        var load = new SyntheticLoad(SyntheticSpec.Parse("poisson:rate=1,functions=5000,zipf=0,hours=1"));

        var large = Tuner.Run(load, [Candidate.OfSize(slow, 4000)], new(0.25, 0.005), 1, null, TestContext.Current.CancellationToken).Outcomes[0];

        Assert.Equal((0, 0), (large.Result.Misses, large.Result.Refused));
        Assert.False(large.Lasts);
        Assert.False(large.Meets(0.5));
        Assert.InRange(large.Result.Demand, 0.5, 1.1);
        Assert.Equal(0.01, slow.MostRefills);
    }

    [Fact]
    public void A_load_that_ends_before_anything_is_counted_says_so()
    {
        var load = new SyntheticLoad(SyntheticSpec.Parse("poisson:hours=0.25"));

        Assert.Contains(
            "lasts 15 min", Assert.Throws<TraceException>(() => Tuner.Run(load, [Candidate.OfSize(Settings, 1)], new(0.25, 1), 1, null, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    private static TuneResult Try(IReadOnlyList<Candidate> candidates, int cores = 2) => Tuner.Run(Load, candidates, new(0.25, 0.005), cores, null, TestContext.Current.CancellationToken);
}
