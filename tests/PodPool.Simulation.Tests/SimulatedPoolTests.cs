using PodPool.Core;

namespace PodPool.Simulation.Tests;

public sealed class SimulatedPoolTests
{
    private static readonly Spread TwoSeconds = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));

    [Theory]
    [InlineData("poisson:rate=5,functions=50,hours=3,duration=0.5,duration-p99=5")]
    [InlineData("bursts:rate=5,functions=50,burst=20,hours=3,duration=0.5,duration-p99=5")]
    [InlineData("diurnal:rate=5,functions=50,ratio=20,hours=24,duration=0.5,duration-p99=5")]
    [InlineData("heavy-tailed:rate=20,functions=50,shape=1.3,hours=3,duration=0.5,duration-p99=5")]
    public void Every_request_is_answered_once(string load)
    {
        foreach (var (warm, concurrency) in ((int, int)[])[(0, 1), (1, 1), (4, 3)])
        {
            var (pool, result, requests) = Run(load, Settings(warm) with { Concurrency = concurrency });

            Assert.Equal(requests, result.Requests);
            Assert.Equal(requests, result.Immediate + result.Held + result.Refused);
            Assert.Equal(0, pool.Open);
        }
    }

    [Fact]
    public void Pods_are_counted_as_the_pool_counts_them()
    {
        var (pool, _, _) = Run("bursts:rate=2,functions=20,burst=5,hours=2", Settings(3) with { IdleTimeout = TimeSpan.FromSeconds(30) });

        var status = pool.Status;
        Assert.Equal((status.Starting, status.Warm, status.Claimed + status.Serving + status.Draining), pool.Counted);
    }

    /// <summary>M/G/∞: instances that end with their request, and starts that take no time, are busy at rate × duration (Palm 1938).</summary>
    [Fact]
    public void Instances_work_as_long_as_the_requests_are()
    {
        var settings = Settings(50) with { IdleTimeout = TimeSpan.Zero, Start = default };
        var (_, result, _) = Run("poisson:rate=2,functions=1000,zipf=0,hours=20,duration=3,duration-p99=3", settings);

        Assert.InRange(result.BusyPodHours / result.Span.TotalHours, 2 * 3 * 0.98, 2 * 3 * 1.02);
        Assert.InRange(result.ServingPodHours / result.BusyPodHours, 0.999, 1.02);
    }

    /// <summary>
    /// Every claim orders a refill, so as many are under way as in M/G/∞, and a claim misses if it finds that there are S of them or more: the tail of a Poisson
    /// distribution with the mean rate × refill time.
    /// </summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(6)]
    public void A_fixed_size_misses_as_often_as_the_closed_formula_says(int warm)
    {
        // Each function is called so seldom that each request is a claim.
        var settings = Settings(warm) with { IdleTimeout = TimeSpan.Zero, Start = default };
        var (_, result, requests) = Run("poisson:rate=1,functions=20000,zipf=0,hours=48,duration=0.1,duration-p99=0.1", settings);

        var below = 0.0;
        var term = Math.Exp(-2);
        for (var n = 0; n < warm; n++, term *= 2.0 / n)
        {
            below += term;
        }

        Assert.InRange(result.Starts, requests * 0.99, requests);
        Assert.InRange(result.MissRate, (1 - below) * 0.93, (1 - below) * 1.07);
    }

    [Fact]
    public void A_request_that_finds_a_warm_pod_waits_for_its_start_alone()
    {
        var settings = Settings(20) with { Start = new(TimeSpan.FromMilliseconds(40), TimeSpan.FromMilliseconds(40)) };
        var (_, result, _) = Run("poisson:rate=0.2,functions=500,zipf=0,hours=24,duration=0.1,duration-p99=0.1", settings);

        Assert.Equal(0, result.Misses);
        Assert.InRange(result.StartP50.TotalMilliseconds, 39.9, 40.1);
        Assert.InRange(result.StartP99.TotalMilliseconds, 39.9, 40.1);
    }

    [Fact]
    public void An_instance_that_nobody_needs_ends_after_its_idle_timeout()
    {
        // One request an hour.
        var pool = new SimulatedPool(Settings(1) with { IdleTimeout = TimeSpan.FromMinutes(10), Start = default }, RowLoad.NoDate);
        pool.EnsureFunctions(1);
        pool.Run([.. Enumerable.Range(0, 24).Select(hour => new Arrival(hour * TimeSpan.TicksPerHour, 0, TimeSpan.TicksPerSecond))]);

        var result = pool.End(24 * TimeSpan.TicksPerHour);

        Assert.Equal((24, 0), (result.Starts, result.Misses));
        Assert.InRange(result.ServingPodHours, 24 / 6.0, 24 / 6.0 * 1.2);
    }

    [Fact]
    public void A_request_that_nobody_can_serve_is_refused_at_its_deadline()
    {
        var settings = Settings(0) with { Refill = new(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)) };
        var (_, result, requests) = Run("poisson:rate=0.01,functions=500,zipf=0,hours=24", settings);

        Assert.InRange(result.Refused, requests / 2, requests);
        Assert.Equal(1, result.MissRate);
    }

    [Fact]
    public void What_comes_before_the_warm_up_is_over_counts_for_nothing_but_its_instances_are_there()
    {
        const string Load = "poisson:rate=5,functions=200,zipf=0,hours=3,duration=0.1,duration-p99=0.1";
        var (_, cold, all) = Run(Load, Settings(4));
        var (_, warm, _) = Run(Load, Settings(4) with { WarmUp = TimeSpan.FromMinutes(30) });

        Assert.InRange(warm.Requests, all * 0.8, all * 0.87);
        Assert.Equal(TimeSpan.FromHours(2.5), warm.Span);
        Assert.InRange(cold.Misses, 50, 1000);
        Assert.InRange(warm.Misses, 0, 5);
    }

    [Fact]
    public void The_same_seed_is_the_same_run_and_another_is_another()
    {
        const string Load = "bursts:rate=5,functions=50,hours=2";
        RunResult Of(ulong seed) => Run(Load, Settings(2) with { Seed = seed, Refill = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6)) }).Result with { TargetByHour = [] };

        Assert.Equal(Of(1), Of(1));
        Assert.NotEqual(Of(1), Of(2));
    }

    [Fact]
    public void How_a_load_is_cut_into_parts_changes_nothing()
    {
        RunResult Of(int part)
        {
            var pool = new SimulatedPool(Settings(2), RowLoad.NoDate);
            using var load = new SyntheticLoad(SyntheticSpec.Parse("poisson:rate=5,functions=50,hours=1")).Open();
            pool.EnsureFunctions(load.Functions.Count);
            var arrivals = new Arrival[part];
            while (load.Read(arrivals) is > 0 and var count)
            {
                pool.Run(arrivals.AsSpan(0, count));
            }

            return pool.End(load.End) with { TargetByHour = [] };
        }

        Assert.Equal(Of(7), Of(1000));
    }

    private static SimulationSettings Settings(int warm) => new()
    {
        Pool = new PoolSpec { Name = "default", Warm = warm, RefillPerSecond = 1000, RefillBurst = 1000 }, Refill = TwoSeconds,
    };

    private static (SimulatedPool Pool, RunResult Result, long Requests) Run(string spec, SimulationSettings settings)
    {
        using var load = new SyntheticLoad(SyntheticSpec.Parse(spec)).Open();
        var pool = new SimulatedPool(settings, load.Begin);
        pool.EnsureFunctions(load.Functions.Count);
        var (arrivals, requests) = (new Arrival[4096], 0L);
        while (load.Read(arrivals) is > 0 and var count)
        {
            pool.Run(arrivals.AsSpan(0, count));
            requests += count;
        }

        return (pool, pool.End(load.End), requests);
    }
}
