using PodPool.Core;

namespace PodPool.Simulation.Tests;

public sealed class ClaimLoadTests
{
    private static readonly DateTimeOffset Begin = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    private static readonly SimulationSettings Settings = ClaimLoad.Try(new()
    {
        Pool = new PoolSpec { Name = "default", Warm = 0, RefillPerSecond = 1000, RefillBurst = 1000 }, Refill = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2)),
    });

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.3)]
    [InlineData(3)]
    public void Each_claim_takes_a_pod_of_its_own(double everySeconds)
    {
        // Every tenth comes with four others.
        List<long> claims = [];
        for (var i = 0; i < 2000; i++)
        {
            claims.AddRange(Enumerable.Repeat((long)(i * everySeconds * TimeSpan.TicksPerSecond), i % 10 == 0 ? 5 : 1));
        }

        var load = new ClaimLoad(Begin, claims, TimeSpan.FromHours(3));
        foreach (var outcome in Try(load, 0, 3, 5000).Outcomes)
        {
            Assert.Equal((claims.Count, 0), (outcome.Result.Starts, outcome.Result.Immediate));
            Assert.Equal(claims.Count, outcome.Result.Hits + outcome.Result.Misses);
        }
    }

    [Fact]
    public void There_are_no_more_functions_than_claims_in_a_minute()
    {
        var load = new ClaimLoad(Begin, [.. Enumerable.Range(0, 36_000).Select(i => i * TimeSpan.TicksPerSecond)], TimeSpan.FromHours(10));

        Assert.Equal(60, Try(load, 4).Functions);
    }

    [Fact]
    public void It_begins_with_the_first_claim_and_ends_when_it_is_said_to()
    {
        var load = new ClaimLoad(Begin, [0, 5, TimeSpan.TicksPerHour], TimeSpan.FromHours(2));
        for (var again = 0; again < 2; again++)
        {
            using var open = load.Open();
            Assert.Equal((Begin, TimeSpan.TicksPerHour * 2), (open.Begin, open.End));
            Assert.Equal([0, 5, TimeSpan.TicksPerHour], ReadAll(open, part: 2).Select(arrival => arrival.At));
            Assert.Equal(1, open.Progress);
        }
    }

    [Fact]
    public void It_is_read_in_parts_so_short_that_a_run_soon_ends_which_nobody_waits_for()
    {
        using var many = new ClaimLoad(Begin, [.. new long[10_000]], TimeSpan.FromMinutes(1)).Open();
        Assert.InRange(many.Read(new Arrival[1 << 15]), 1, 1000);

        using var slow = new ClaimLoad(Begin, [.. Enumerable.Range(0, 24).Select(hour => hour * TimeSpan.TicksPerHour)], TimeSpan.FromHours(24)).Open();
        Assert.Equal(1, slow.Read(new Arrival[1 << 15]));
        Assert.Equal(23, ReadAll(slow, part: 100).Count);
    }

    private static TuneResult Try(ClaimLoad load, params int[] warm) =>
        Tuner.Run(load, [.. warm.Select(pods => Candidate.OfSize(Settings, pods))], new(1, 1), 1, null, TestContext.Current.CancellationToken);

    private static List<Arrival> ReadAll(ILoad load, int part)
    {
        List<Arrival> all = [];
        var arrivals = new Arrival[part];
        while (load.Read(arrivals) is > 0 and var count)
        {
            all.AddRange(arrivals.AsSpan(0, count));
        }

        return all;
    }
}
