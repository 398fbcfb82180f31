using CsCheck;

namespace PodPool.Core.Tests.Sizing;

public sealed class ClaimDemandTests
{
    private const double Hour = 3600;
    private const double Lead = 3;

    private readonly ClaimDemand _demand = new();
    private double _told;

    private ClaimForecast Forecast => _demand.Forecast(WallClock.Begin + TimeSpan.FromSeconds(_told), Lead);

    [Fact]
    public void A_rate_that_does_not_change_is_known_to_a_few_percent_after_some_hours()
    {
        Tell(Arrivals.Poisson(2, seed: 1), 4 * Hour);
        Assert.InRange(Forecast.Now, 1.9, 2.1);
        Assert.InRange(Forecast.Burstiness, 0.9, 1.15);
        Assert.True(Forecast.Window > Hour);
    }

    [Fact]
    public void A_rate_that_is_tenfold_is_seen_within_half_a_minute()
    {
        Tell(Arrivals.Poisson(Arrivals.Step(0.2, 2, hours: 4), 2, seed: 2), 4 * Hour + 30);
        Assert.InRange(Forecast.Now, 1, 4);
    }

    [Fact]
    public void A_rate_that_falls_is_followed_in_minutes_not_in_hours()
    {
        Tell(Arrivals.Poisson(Arrivals.Step(2, 0.2, hours: 4), 2, seed: 3), 4 * Hour + 300);
        Assert.InRange(Forecast.Now, 0.1, 0.4);
    }

    [Fact]
    public void Burstiness_is_that_of_the_batches()
    {
        Tell(Arrivals.Batches(0.2, Arrivals.Geometric(9 / 11.0), seed: 4), 24 * Hour);
        Assert.InRange(Forecast.Burstiness, 7, 13);
    }

    [Fact]
    public void A_day_that_rises_and_falls_is_no_burst()
    {
        Tell(Arrivals.Poisson(Arrivals.Diurnal(4, 20), 4, seed: 5), 24 * Hour);
        Assert.InRange(Forecast.Burstiness, 0.9, 1.2);
    }

    [Fact]
    public void One_rush_does_not_make_a_bursty_day()
    {
        var rush = Enumerable.Repeat(Hour + 0.5, 5000);
        Tell(Arrivals.Poisson(1, seed: 6).TakeWhile(at => at < Hour).Concat(rush).Concat(Arrivals.Poisson(1, seed: 7).Select(at => at + Hour + 1)), 3 * Hour);
        Assert.InRange(Forecast.Burstiness, 0.9, 2);
        Assert.InRange(Forecast.Now, 0.7, 1.5);
    }

    [Fact]
    public void What_comes_every_morning_is_expected_from_the_third_day_on()
    {
        var office = Arrivals.Poisson(at => at % (24 * Hour) is > 9 * Hour and < 17 * Hour ? 2 : 0.1, 2, seed: 8).GetEnumerator();
        Tell(office, (24 + 8.96) * Hour);
        Assert.InRange(Forecast.Expected, 0, 0.3);

        Tell(office, (48 + 8.9) * Hour);
        Assert.InRange(Forecast.Expected, 0, 0.3);

        // Three minutes before, the pods are ordered.
        Tell(office, (48 + 8.96) * Hour);
        Assert.InRange(Forecast.Now, 0, 0.3);
        Assert.InRange(Forecast.Expected, 1, 2.2);
        Assert.Equal(WallClock.Begin.AddHours(48 + 9), Forecast.By);
    }

    [Fact]
    public void A_weekend_that_is_quiet_is_expected_to_be_quiet()
    {
        var office = Arrivals.Poisson(at => at % (7 * 24 * Hour) < 5 * 24 * Hour && at % (24 * Hour) is > 9 * Hour and < 17 * Hour ? 2 : 0.1, 2, seed: 9).GetEnumerator();

        // The first Saturday at ten: the days before say 2, today's level says that it is no such day.
        Tell(office, (5 * 24 + 10) * Hour);
        Assert.InRange(Forecast.Expected, 0, 0.5);

        // The third Saturday and Monday, at nine: now the week is known.
        Tell(office, ((14 + 5) * 24 + 8.97) * Hour);
        Assert.InRange(Forecast.Expected, 0, 0.3);
        Tell(office, ((21 + 0) * 24 + 8.97) * Hour);
        Assert.InRange(Forecast.Expected, 1, 2.5);
    }

    [Fact]
    public void A_clock_on_the_wall_that_is_set_and_a_long_sleep_do_no_harm() =>
        Gen.Select(Gen.Double[0.001, 1e6], Gen.Int[0, 1_000_000], Gen.Double[-1e6, 1e6]).Array[1, 50].Sample(steps =>
        {
            var demand = new ClaimDemand();
            foreach (var (seconds, claims, wall) in steps)
            {
                var now = WallClock.Begin + TimeSpan.FromSeconds(wall);
                demand.Count(now, claims, seconds, Lead);
                var forecast = demand.Forecast(now, Lead);
                Assert.True(double.IsFinite(forecast.Expected) && forecast.Expected >= forecast.Now && forecast.Now >= 0);
                Assert.True(double.IsFinite(forecast.Burstiness) && forecast.Burstiness >= 0 && forecast.Window > 0);
            }
        });

    private void Tell(IEnumerable<double> arrivals, double until) => Tell(arrivals.GetEnumerator(), until);

    /// <summary>Every second what came in it.</summary>
    private void Tell(IEnumerator<double> arrivals, double until)
    {
        for (var next = arrivals.Current; _told < until; )
        {
            _told++;
            var claims = 0;
            while (next < _told && arrivals.MoveNext())
            {
                claims += next > 0 ? 1 : 0;
                next = arrivals.Current;
            }

            _demand.Count(WallClock.Begin + TimeSpan.FromSeconds(_told), claims, 1, Lead);
        }
    }
}
