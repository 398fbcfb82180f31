namespace PodPool.Simulation.Tests;

public sealed class SyntheticLoadTests
{
    [Theory]
    [InlineData("poisson:rate=7,hours=20", 7)]
    [InlineData("bursts:rate=7,hours=20,burst=10", 7)]
    [InlineData("heavy-tailed:rate=7,hours=20,shape=2.5", 7)]
    [InlineData("diurnal:rate=7,hours=24,ratio=1", 7)]
    public void So_many_requests_come_as_were_asked_for(string spec, double rate)
    {
        var (arrivals, load) = All(spec);

        Assert.InRange(arrivals.Count / TimeSpan.FromTicks(load.End).TotalSeconds, rate * 0.97, rate * 1.03);
        Assert.Equal(arrivals.Select(arrival => arrival.At).Order(), arrivals.Select(arrival => arrival.At));
    }

    [Fact]
    public void A_day_is_busy_at_noon_and_quiet_at_midnight()
    {
        var arrivals = All("diurnal:rate=10,hours=24,ratio=10").Arrivals;
        int Between(int from, int to) => arrivals.Count(arrival => arrival.At >= from * TimeSpan.TicksPerHour && arrival.At < to * TimeSpan.TicksPerHour);

        Assert.InRange((double)Between(11, 13) / (Between(0, 1) + Between(23, 24)), 8, 11);
    }

    [Fact]
    public void Functions_are_as_popular_as_Zipf_has_it()
    {
        var arrivals = All("poisson:rate=20,hours=20,functions=10,zipf=1").Arrivals;

        Assert.InRange((double)arrivals.Count(arrival => arrival.Function == 0) / arrivals.Count(arrival => arrival.Function == 4), 4.8, 5.2);
    }

    [Fact]
    public void What_is_printed_is_the_same_load_again()
    {
        foreach (var text in (string[])["poisson", "bursts:burst=3", "diurnal:ratio=4,seed=7", "heavy-tailed:shape=1.5,duration=2,duration-p99=20"])
        {
            var spec = SyntheticSpec.Parse(text);
            Assert.Equal(spec, SyntheticSpec.Parse(spec.ToString()));
        }

        Assert.Equal(All("bursts:hours=1").Arrivals, All("bursts:hours=1").Arrivals);
        Assert.NotEqual(All("bursts:hours=1").Arrivals, All("bursts:hours=1,seed=2").Arrivals);
    }

    [Theory]
    [InlineData("sinus", "no kind of load 'sinus'")]
    [InlineData("poisson:rate", "'rate' has no value")]
    [InlineData("poisson:rate=fast", "rate is 'fast'")]
    [InlineData("poisson:speed=1", "there is no 'speed'")]
    [InlineData("diurnal:ratio=0.5", "ratio is '0.5'")]
    public void A_wrong_specification_says_what_would_be_right(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => SyntheticSpec.Parse(text)).Message, StringComparison.Ordinal);

    private static (List<Arrival> Arrivals, ILoad Load) All(string spec)
    {
        using var load = new SyntheticLoad(SyntheticSpec.Parse(spec)).Open();
        var (arrivals, part) = (new List<Arrival>(), new Arrival[1000]);
        while (load.Read(part) is > 0 and var count)
        {
            arrivals.AddRange(part.AsSpan(0, count));
        }

        return (arrivals, load);
    }
}
