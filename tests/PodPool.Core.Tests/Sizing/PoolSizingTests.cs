using PodPool.Core.Tests.Simulation;

namespace PodPool.Core.Tests.Sizing;

public sealed class PoolSizingTests
{
    private static readonly PoolSpec Auto = PoolUnderTest.Spec(3) with { Auto = new SizeAuto(0.01), RefillPerSecond = 1000, RefillBurst = 1000 };

    [Fact]
    public void A_pool_that_was_told_one_number_looks_neither_at_the_wall_clock_nor_again()
    {
        var clock = new SimulatedClock();
        var world = new PoolUnderTest();
        var pool = new Pool(PoolUnderTest.Spec(0), world, world, clock, () => "n");
        pool.Reconcile([]);
        Assert.Null(pool.NextDue);
        Assert.Null(pool.Status.Size);
    }

    [Fact]
    public void It_begins_with_the_size_that_it_was_told()
    {
        var t = Started(Auto);
        Assert.Equal(3, t.Created.Count);
        Assert.Equal(3, t.Pool.Status.Size!.Warm);
        Assert.Equal(1, Started(Auto with { Warm = 0 }).Pool.Status.Size!.Warm);
        Assert.Equal(2, Started(Auto with { Auto = Auto.Auto! with { Max = 2 } }).Pool.Status.Size!.Warm);
    }

    [Fact]
    public void It_grows_at_once_and_shrinks_slowly()
    {
        var t = Started(Auto);
        var before = t.Created.Count;
        Rush(t, seconds: 20, perSecond: 5);
        var most = t.Pool.Status.Size!.Warm;
        Assert.InRange(most, 15, 60);
        Assert.True(t.Created.Count - before >= 100 + most - 3, "Each that was taken is replaced, and there are more.");

        AllWarm(t);
        t.Pass(TimeSpan.FromMinutes(9));
        Assert.Equal(most, t.Pool.Status.Size!.Warm);
        t.Pass(TimeSpan.FromMinutes(4));
        var some = t.Pool.Status.Size!.Warm;
        Assert.InRange(some, most / 3, most - 1);
        Assert.Equal(some, t.Pool.Status.Warm);
        t.Pass(TimeSpan.FromHours(3));
        Assert.InRange(t.Pool.Status.Size!.Warm, 1, most - 1);
    }

    [Fact]
    public void A_first_burst_before_slow_refills_makes_it_no_larger_than_twice_what_came_and_a_few()
    {
        var t = Started(Auto with { RefillParallelism = 1 });
        Rush(t, seconds: 2, perSecond: 10);
        t.Pass(TimeSpan.FromMinutes(1));
        Assert.InRange(t.Pool.Status.Size!.Warm, 20, 60);
    }

    [Fact]
    public void Without_any_claims_it_ends_at_a_few()
    {
        var t = Started(Auto with { Warm = 20 });
        AllWarm(t);
        t.Pass(TimeSpan.FromHours(3));
        Assert.InRange(t.Pool.Status.Size!.Warm, 1, 5);
        Assert.Equal(t.Pool.Status.Size.Warm, t.Pool.Status.Warm);
    }

    [Fact]
    public void A_maximum_that_is_too_small_is_said_with_what_would_be_needed()
    {
        var t = Started(Auto with { Auto = Auto.Auto! with { Max = 2 } });
        Rush(t, seconds: 60, perSecond: 5);
        var size = t.Pool.Status.Size!;
        Assert.Equal(2, size.Warm);
        Assert.True(size.IsShort);
        Assert.InRange(size.Forecast!.Needed, 5, 30);
        Assert.InRange(size.Forecast.PredictedMissProbability, 0.1, 1);
        Assert.InRange(size.Forecast.ActualMissRate!.Value, 0.001, 1);
        Assert.EndsWith($"of claims; for 1.0 % it would take {size.Forecast.Needed}, and there may be 2", size.Why);
    }

    [Fact]
    public void Claims_that_come_faster_than_refills_may_begin_are_said_to()
    {
        var t = Started(Auto with { RefillPerSecond = 2, RefillBurst = 1 });
        Rush(t, seconds: 60, perSecond: 5);
        var size = t.Pool.Status.Size!;
        Assert.True(size.IsShort);
        Assert.Contains("times as fast as refills may begin", size.Why);
    }

    [Fact]
    public void It_says_why()
    {
        var t = Started(Auto);
        Rush(t, seconds: 600, perSecond: 1);
        Assert.Matches(@"^1\.0 claims/s now; a refill takes \d\.\d+ s \(p99 \d\.\d+ s\): \d+ warm pods? miss(es)? .+ % of claims", t.Pool.Status.Size!.Why);
    }

    [Fact]
    public void Limits_count_at_once_and_what_was_learnt_stays()
    {
        var t = Started(Auto);
        Rush(t, seconds: 60, perSecond: 5);
        var learnt = t.Pool.Status.Size!;
        t.Pool.Resize(Auto with { Auto = new SizeAuto(0.01) { Max = 2 } });
        Assert.Equal(2, t.Pool.Status.Size!.Warm);
        t.Pool.Resize(Auto);
        t.PassSeconds(1);
        Assert.InRange(t.Pool.Status.Size!.Warm, learnt.Forecast!.Needed / 2, learnt.Warm);
        t.Pool.Resize(PoolUnderTest.Spec(7));
        Assert.Null(t.Pool.Status.Size);
        Assert.Null(t.Pool.NextDue is { } due && due < t.Time.GetTimestamp() ? due : null);
    }

    [Fact]
    public void What_missed_while_pods_could_not_be_made_does_not_count_against_the_size()
    {
        var t = Started(Auto with { StopRefillAfter = 1 });
        t.Created.ToList().ForEach(pod => t.Observe(pod, PodPhase.Failed));
        var hello = t.Set(PoolUnderTest.Function());
        for (var i = 0; i < 100; i++)
        {
            var acquire = t.Acquire(hello);
            t.PassSeconds(1);
            t.Pool.Cancel(acquire);
            t.Report(hello, 0, 0);
        }

        // About one a second for 2.4 s each, of which one in a hundred may miss.
        Assert.InRange(t.Pool.Status.Size!.Forecast!.Needed, 5, 14);
    }

    [Fact]
    public void A_schedule_is_the_least_there_is_while_it_is_on()
    {
        var schedule = new SizeSchedule("0 9 * * *", TimeSpan.FromHours(8), 6);
        var t = Started(PoolUnderTest.Spec(2) with { Schedules = [schedule] });
        AllWarm(t);
        t.Time.SetUtcNow(new DateTimeOffset(2027, 3, 2, 8, 59, 0, TimeSpan.Zero));
        t.PassSeconds(59);
        Assert.Equal(2, t.Created.Count);
        t.PassSeconds(1);
        Assert.Equal(6, t.Created.Count);
        Assert.Equal("6 warm pods are kept; 6 by schedule (0 9 * * *, UTC)", t.Pool.Status.Size!.Why);
        AllWarm(t);
        t.Pass(TimeSpan.FromHours(8));
        Assert.Equal(2, t.Pool.Status.Warm);
    }

    [Fact]
    public void A_schedule_that_asks_for_less_than_is_needed_changes_nothing()
    {
        var t = Started(Auto with { Schedules = [new SizeSchedule("* * * * *", TimeSpan.FromHours(1), 2)] });
        Assert.Equal(3, t.Pool.Status.Size!.Warm);
        Assert.DoesNotContain("schedule", t.Pool.Status.Size.Why);
    }

    [Fact]
    public void What_makes_no_sense_is_refused_with_what_would()
    {
        static string Refused(PoolSpec spec) => Assert.Throws<ArgumentOutOfRangeException>(() => new PoolUnderTest(spec)).Message;
        static PoolSpec Scheduled(SizeSchedule schedule) => PoolUnderTest.Spec(1) with { Schedules = [schedule] };
        var hour = TimeSpan.FromHours(1);

        Assert.Contains("more than 0 and less than 1", Refused(Auto with { Auto = new SizeAuto(0) }));
        Assert.Contains("more than 0 and less than 1", Refused(Auto with { Auto = new SizeAuto(double.NaN) }));
        Assert.Contains("Auto.Max must be 5 or more", Refused(Auto with { Auto = new SizeAuto(0.1) { Min = 5, Max = 4 } }));
        Assert.Contains("five fields", Refused(Scheduled(new SizeSchedule("every morning", hour, 1))));
        Assert.Contains("a time that comes", Refused(Scheduled(new SizeSchedule("0 0 30 2 *", hour, 1))));
        Assert.Contains("a time zone", Refused(Scheduled(new SizeSchedule("0 9 * * *", hour, 1, "Middle/Earth"))));
        Assert.Contains("Schedules.Duration", Refused(Scheduled(new SizeSchedule("0 9 * * *", TimeSpan.Zero, 1))));
        Assert.Contains("Schedules.Warm", Refused(Scheduled(new SizeSchedule("0 9 * * *", hour, -1))));
    }

    private static PoolUnderTest Started(PoolSpec spec)
    {
        var t = new PoolUnderTest(spec);
        t.Pool.Reconcile([]);
        return t;
    }

    private static void AllWarm(PoolUnderTest t) => t.Created.ToList().ForEach(pod => t.Observe(pod, PodPhase.Warm));

    /// <summary>So many claims a second, evenly; each refill takes half a second, each claim serves at once and for good.</summary>
    private static void Rush(PoolUnderTest t, int seconds, int perSecond)
    {
        var served = t.Claims.Count;
        for (var i = 0; i < seconds * perSecond; i++)
        {
            t.Acquire(t.Set(PoolUnderTest.Function($"f{i}")));
            t.PassSeconds(1.0 / perSecond);
            if (i % Math.Max(1, perSecond / 2) == 0)
            {
                AllWarm(t);
            }

            for (; served < t.Claims.Count; served++)
            {
                t.Serve(served);
            }
        }
    }
}
