namespace PodPool.Core.Tests.Sizing.Memory;

/// <summary>Weeks in which another manager takes the lead each day, as it is when software is updated that often.</summary>
public sealed class ReplacedManagerTests
{
    private static readonly PoolSpec Auto = new() { Name = "default", Warm = 5, Auto = new SizeAuto(0.01) };

    [Fact]
    public void A_day_and_a_night_miss_no_more_than_asked_though_the_manager_is_replaced_every_morning()
    {
        var week = Replaced(Arrivals.Poisson(Arrivals.Diurnal(most: 2, ratio: 20), 2, seed: 32), days: 7, remembers: true);
        Assert.InRange(week.MissRate, 0, 0.015);
        Assert.InRange(week.TurnsAnHour, 0, 3);
    }

    /// <summary>Three hours a tenth, three hours all: the pattern of the day is what says when.</summary>
    [Fact]
    public void The_pattern_of_the_day_is_known_by_managers_that_live_for_a_day()
    {
        IEnumerable<double> Claims() => Arrivals.Poisson(Arrivals.Step(few: 0.1, many: 1, hours: 3), 1, seed: 37);
        const double BeforeARise = 7 + (3 * 60 - 1) / (24 * 60.0);
        var knows = Replaced(Claims(), BeforeARise, remembers: true);
        Assert.InRange(knows.MissRate, 0, 0.03);
        var forecast = knows.Decision!.Forecast!;
        Assert.InRange(forecast.Demand, 0, 0.3);
        Assert.InRange(forecast.Expected, 0.7, 1.3);
        Assert.Equal(WallClock.Begin.AddDays(7).AddHours(3), forecast.ExpectedBy);

        var forgets = Replaced(Claims(), BeforeARise, remembers: false);
        Assert.Null(forgets.Decision!.Forecast!.ExpectedBy);
        Assert.True(knows.Misses < forgets.Misses, $"{knows.Misses} missed, {forgets.Misses} with nothing known.");
    }

    private static Week Replaced(IEnumerable<double> claims, double days, bool remembers)
    {
        var week = new Week(Auto, seed: 1);
        week.ReplaceDaily(hour: 9, remembers);
        week.Run(claims, TimeSpan.FromDays(days));
        TestContext.Current.TestOutputHelper?.WriteLine(week.ToString());
        return week;
    }
}
