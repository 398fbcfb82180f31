using System.Globalization;

namespace PodPool.Core.Tests.Sizing;

public sealed class ScheduledFloorTests
{
    private static readonly SizeSchedule Office = new("0 8 * * 1-5", TimeSpan.FromHours(10), 20, "Europe/Berlin");

    [Theory]
    [InlineData("2026-03-02 06:59:59", false)]
    [InlineData("2026-03-02 07:00:00", true)]
    [InlineData("2026-03-02 16:59:59", true)]
    [InlineData("2026-03-02 17:00:00", false)]
    [InlineData("2026-03-07 10:00:00", false)]
    public void It_is_on_from_its_beginning_until_its_duration_is_over(string utc, bool on) => Assert.Equal(on, IsOn(utc, Office));

    [Theory]
    [InlineData("2026-03-27 07:00:00", true)]
    [InlineData("2026-03-30 06:00:00", true)]
    [InlineData("2026-03-30 05:59:59", false)]
    [InlineData("2026-10-23 06:00:00", true)]
    [InlineData("2026-10-26 06:59:59", false)]
    [InlineData("2026-10-26 07:00:00", true)]
    public void Eight_o_clock_is_eight_o_clock_in_summer_and_in_winter(string utc, bool on) => Assert.Equal(on, IsOn(utc, Office));

    [Fact]
    public void What_begins_in_the_hour_that_is_left_out_begins_when_the_clocks_were_put_forward()
    {
        var night = new SizeSchedule("30 2 * * *", TimeSpan.FromHours(1), 5, "Europe/Berlin");
        Assert.False(IsOn("2026-03-29 00:59:59", night));
        Assert.True(IsOn("2026-03-29 01:00:00", night));
        Assert.False(IsOn("2026-03-29 02:00:00", night));
    }

    [Fact]
    public void What_begins_in_the_hour_that_comes_twice_begins_once()
    {
        var night = new SizeSchedule("30 2 * * *", TimeSpan.FromMinutes(30), 5, "Europe/Berlin");
        Assert.True(IsOn("2026-10-25 00:30:00", night));
        Assert.False(IsOn("2026-10-25 01:30:00", night));
    }

    [Fact]
    public void Over_a_change_of_the_clocks_eight_hours_are_eight_hours()
    {
        var night = new SizeSchedule("0 22 * * *", TimeSpan.FromHours(8), 5, "America/New_York");
        Assert.True(IsOn("2026-03-08 10:59:59", night));
        Assert.False(IsOn("2026-03-08 11:00:00", night));
    }

    [Fact]
    public void Of_several_the_largest_counts()
    {
        var all = new ScheduledFloor([Office with { Warm = 3 }, Office, Office with { Warm = 7 }]);
        Assert.Equal(Office, all.At(Utc("2026-03-02 10:00:00")));
        Assert.Null(all.At(Utc("2026-03-01 10:00:00")));
    }

    [Fact]
    public void The_next_change_is_a_beginning_or_an_end()
    {
        var floor = new ScheduledFloor([Office]);
        Assert.Equal(Utc("2026-03-02 07:00:00"), floor.NextChange(Utc("2026-02-27 20:00:00")));
        Assert.Equal(Utc("2026-03-02 17:00:00"), floor.NextChange(Utc("2026-03-02 07:00:00")));
        Assert.Equal(Utc("2026-03-03 07:00:00"), floor.NextChange(Utc("2026-03-02 17:00:00")));
    }

    [Fact]
    public void One_that_begins_again_before_it_ends_stays_on()
    {
        var minutes = new SizeSchedule("* * * * *", TimeSpan.FromSeconds(90), 2);
        Assert.True(IsOn("2026-03-02 07:00:00", minutes));
        Assert.True(IsOn("2026-03-02 07:00:59", minutes));
    }

    private static bool IsOn(string utc, SizeSchedule schedule) => new ScheduledFloor([schedule]).At(Utc(utc)) is not null;

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
