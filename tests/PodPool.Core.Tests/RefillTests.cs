namespace PodPool.Core.Tests;

public sealed class RefillTests
{
    private static PoolUnderTest Pool(PoolSpec spec)
    {
        var pool = new PoolUnderTest(spec);
        pool.Pool.Reconcile([]);
        return pool;
    }

    private static void AllWarm(PoolUnderTest t)
    {
        foreach (var pod in t.Created.ToList())
        {
            t.Observe(pod, PodPhase.Warm);
        }
    }

    [Fact]
    public void Nothing_is_ordered_before_the_pool_was_told_what_exists()
    {
        var t = new PoolUnderTest(PoolUnderTest.Spec(2));
        var hello = t.Set(PoolUnderTest.Function(min: 1));
        var late = t.Acquire(hello, timeoutSeconds: 1);
        t.Acquire(hello);
        t.PassSeconds(1);
        Assert.Equal(RefusalReason.PoolEmpty, t.RefusalOf(late).Why);
        Assert.Empty(t.Created);

        t.Pool.Reconcile([new PodObservation(new PodId("old1"), PodPhase.Warm, "node"), new PodObservation(new PodId("old2"), PodPhase.Warm, "node")]);

        Assert.Single(t.Claims);
        Assert.Single(t.Created);
    }

    [Fact]
    public void The_pool_fills_to_its_target_once()
    {
        var t = Pool(PoolUnderTest.Spec(5));
        Assert.Equal(5, t.Created.Count);
        t.PassSeconds(1);
        AllWarm(t);
        t.PassSeconds(100);

        Assert.Equal(5, t.Created.Count);
        Assert.Equal(5, t.Pool.Status.Warm);
    }

    [Fact]
    public void What_keeps_a_pod_from_starting_is_said_while_it_does_not_and_no_longer()
    {
        var t = Pool(PoolUnderTest.Spec(2));
        Assert.Equal("", t.Pool.Status.Trouble);
        t.Pool.PodObserved(new PodObservation(t.Created[1], PodPhase.Starting, "") { Trouble = "no node takes it" });
        Assert.Equal("no node takes it", t.Pool.Status.Trouble);

        AllWarm(t);
        Assert.Equal("", t.Pool.Status.Trouble);
    }

    [Fact]
    public void A_claimed_pod_is_replaced_at_once()
    {
        var t = Pool(PoolUnderTest.Spec(2));
        AllWarm(t);
        t.Acquire(t.Set(PoolUnderTest.Function()));
        Assert.Equal(3, t.Created.Count);
    }

    [Fact]
    public void Creations_are_limited_in_burst_and_rate()
    {
        var t = Pool(PoolUnderTest.Spec(50) with { RefillBurst = 20, RefillPerSecond = 10 });
        Assert.Equal(20, t.Created.Count);
        t.PassSeconds(0.95);
        Assert.Equal(29, t.Created.Count);
        t.PassSeconds(10);
        Assert.Equal(50, t.Created.Count);
    }

    [Fact]
    public void Creations_at_once_are_limited()
    {
        var t = Pool(PoolUnderTest.Spec(5) with { RefillParallelism = 2 });
        Assert.Equal(2, t.Created.Count);
        t.Observe(t.Created[0], PodPhase.Warm);
        Assert.Equal(3, t.Created.Count);
    }

    [Fact]
    public void A_pool_that_has_pods_left_spares_the_processors_of_first_requests_and_hurries_when_it_has_none_or_nobody_comes()
    {
        var t = Pool(PoolUnderTest.Spec(4) with { RefillParallelism = 3, RefillParallelismWhileWarm = 1 });

        // Nobody was there yet.
        Assert.Equal(3, t.Created.Count);
        AllWarm(t);
        AllWarm(t);

        // Three of four are taken.
        t.Acquire(t.Set(PoolUnderTest.Function()), waiting: 3);
        Assert.Equal(5, t.Created.Count);
        t.Observe(t.Created[4], PodPhase.Warm);
        Assert.Equal(6, t.Created.Count);

        // Nobody comes any more.
        t.PassSeconds(6);
        t.Observe(t.Created[5], PodPhase.Warm);
        Assert.Equal(7, t.Created.Count);
        t.Observe(t.Created[6], PodPhase.Warm);

        // More are wanted than there are.
        t.Acquire(t.Set(PoolUnderTest.Function("other")), waiting: 7);
        Assert.Equal(3, t.Pool.Status.Starting);
    }

    [Fact]
    public void Pods_in_all_are_limited()
    {
        var t = Pool(PoolUnderTest.Spec(3) with { Max = 4 });
        AllWarm(t);
        t.Acquire(t.Set(PoolUnderTest.Function()), waiting: 3);
        Assert.Equal(3, t.Claims.Count);
        Assert.Equal(4, t.Created.Count);

        t.Pool.PodGone(t.Claims[0].Pod, "killed");
        Assert.Equal(5, t.Created.Count);
    }

    [Fact]
    public void A_short_pool_makes_a_pod_for_each_that_is_wanted_beyond_its_target()
    {
        var t = Pool(PoolUnderTest.Spec(1));
        t.Acquire(t.Set(PoolUnderTest.Function()), waiting: 7);
        Assert.Equal(8, t.Created.Count);
        AllWarm(t);
        Assert.Equal(7, t.Claims.Count);
        Assert.Equal(8, t.Created.Count);
    }

    [Fact]
    public void What_keeps_pods_from_becoming_warm_is_said_when_refill_stops()
    {
        var t = Pool(PoolUnderTest.Spec(5) with { StartDeadline = TimeSpan.FromSeconds(30) });
        foreach (var pod in t.Created.ToList())
        {
            t.Pool.PodObserved(new PodObservation(pod, PodPhase.Starting, "node") { Trouble = "no node has room" });
        }

        t.PassSeconds(30);

        var stop = Assert.Single(t.Events, happened => happened.Kind == PoolEventKind.RefillStopped);
        Assert.EndsWith("was not warm after 30 s: no node has room.", stop.Message);
    }

    [Fact]
    public void Surplus_warm_pods_are_deleted_when_the_pool_shrinks()
    {
        var t = Pool(PoolUnderTest.Spec(5));
        AllWarm(t);

        t.Pool.Resize(PoolUnderTest.Spec(2));

        Assert.Equal(3, t.Deletes.Count);
        Assert.All(t.Deletes, delete => Assert.Equal(DeleteReason.Surplus, delete.Reason));
        Assert.Equal(2, t.Pool.Status.Warm);
    }

    [Fact]
    public void Refill_waits_for_running_claims_while_warm_pods_are_left_but_not_longer_than_it_may()
    {
        var t = Pool(PoolUnderTest.Spec(3) with { RefillYield = TimeSpan.FromMilliseconds(200) });
        AllWarm(t);
        var hello = t.Set(PoolUnderTest.Function());
        t.Acquire(hello);
        Assert.Equal(3, t.Created.Count);
        t.PassSeconds(0.1);
        t.Serve();
        Assert.Equal(4, t.Created.Count);

        AllWarm(t);
        t.Acquire(hello, waiting: 1, inFlight: 1);
        t.PassSeconds(0.19);
        Assert.Equal(4, t.Created.Count);
        t.PassSeconds(0.01);
        Assert.Equal(5, t.Created.Count);

        t.Observe(t.Created[^1], PodPhase.Warm);
        t.Acquire(hello, waiting: 4, inFlight: 1);
        Assert.True(t.Created.Count > 5, "With no warm pod left, nothing is worth waiting for.");
    }

    [Fact]
    public void A_pod_that_does_not_get_warm_in_time_is_deleted_and_replaced()
    {
        var t = Pool(PoolUnderTest.Spec(1));
        t.PassSeconds(120);
        Assert.Equal([(t.Created[0], DeleteReason.StartFailed)], t.Deletes);
        Assert.Equal(2, t.Created.Count);
        t.Observe(t.Created[0], PodPhase.Warm);
        Assert.Equal(0, t.Pool.Status.Warm);
    }

    [Fact]
    public void Refill_stops_after_repeated_failure_and_tries_one_pod_at_a_time_ever_more_rarely()
    {
        var t = Pool(PoolUnderTest.Spec(3) with { RefillRetry = TimeSpan.FromSeconds(10), RefillRetryMax = TimeSpan.FromSeconds(40) });
        void FailAll(int from)
        {
            for (var i = from; i < t.Created.Count; i++)
            {
                t.Pool.CreationFailed(t.Created[i], "no such image");
            }
        }

        // The two of the first three that are still under way when it stops fail without consequence.
        FailAll(0);
        Assert.Equal(5 + 2, t.Created.Count);
        Assert.Equal(new RefillStop("no such image", TimeSpan.FromSeconds(10)), t.Pool.Status.Stopped);
        Assert.Single(t.Events, happened => happened.Kind == PoolEventKind.RefillStopped);

        var tried = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var before = t.Created.Count;
            var stopped = t.Pool.Status.Stopped!.RetryIn;
            t.Pass(stopped);
            Assert.Equal(before + 1, t.Created.Count);
            tried.Add(stopped.TotalSeconds);
            FailAll(before);
        }

        Assert.Equal([10, 20, 40, 40, 40], tried);

        t.PassSeconds(40);
        t.Observe(t.Created[^1], PodPhase.Warm);
        Assert.Null(t.Pool.Status.Stopped);
        Assert.Single(t.Events, happened => happened.Kind == PoolEventKind.RefillResumed);
        Assert.Equal(3, t.Pool.Status.Warm + t.Pool.Status.Starting);
    }

    [Fact]
    public void A_pod_that_dies_while_it_starts_is_a_failure_too()
    {
        var t = Pool(PoolUnderTest.Spec(1));
        for (var i = 0; i < 5; i++)
        {
            t.Observe(t.Created[^1], PodPhase.Starting);
            t.Pool.PodGone(t.Created[^1], "exit code 134");
        }

        Assert.Equal(5, t.Created.Count);
        Assert.Equal("exit code 134", t.Pool.Status.Stopped?.Message);
    }

    [Fact]
    public void A_refusal_says_when_a_pod_can_be_expected()
    {
        var t = Pool(PoolUnderTest.Spec(1) with { RefillBurst = 1, RefillPerSecond = 0.1 });
        var acquire = t.Acquire(t.Set(PoolUnderTest.Function()), timeoutSeconds: 1);
        t.PassSeconds(1);
        Assert.InRange(t.RefusalOf(acquire).RetryAfter.TotalSeconds, 9, 11);
    }

    [Fact]
    public void Warm_pods_of_an_old_template_are_replaced_one_for_one_the_new_ones_first()
    {
        var t = new PoolUnderTest(PoolUnderTest.Spec(2) with { Template = "old" });
        t.Pool.Reconcile([]);
        var old = t.Created.ToList();
        old.ForEach(pod => t.Become(pod, PodPhase.Warm, "old"));

        t.Pool.Resize(PoolUnderTest.Spec(2) with { Template = "new" });
        Assert.Empty(t.Deletes);
        var made = t.Created.Except(old).ToList();
        Assert.Equal(2, made.Count);

        t.Become(made[0], PodPhase.Warm, "new");
        Assert.Contains(Assert.Single(t.Deletes).Pod, old);
        t.Become(made[1], PodPhase.Warm, "new");
        Assert.Equal(old.ToHashSet(), t.Deletes.Select(delete => delete.Pod).ToHashSet());
        Assert.Equal(2, t.Pool.Status.Warm);
    }

    [Fact]
    public void A_claim_takes_a_new_pod_if_there_is_one_and_else_an_old_one()
    {
        var t = new PoolUnderTest(PoolUnderTest.Spec(2) with { Template = "old" });
        t.Pool.Reconcile([]);
        var old = t.Created.ToList();
        old.ForEach(pod => t.Become(pod, PodPhase.Warm, "old"));
        t.Pool.Resize(PoolUnderTest.Spec(2) with { Template = "new" });
        var hello = t.Set(PoolUnderTest.Function());

        t.Acquire(hello);
        Assert.Contains(t.Claims[0].Pod, old);

        var made = t.Created.Except(old).ToList();
        t.Become(made[0], PodPhase.Warm, "new");
        t.Acquire(hello, waiting: 2);
        Assert.Equal(made[0], t.Claims[1].Pod);
    }

    [Fact]
    public void Instances_of_an_old_template_stay()
    {
        var t = new PoolUnderTest(PoolUnderTest.Spec(1) with { Template = "old" });
        t.Pool.Reconcile([]);
        t.Become(t.Created[0], PodPhase.Warm, "old");
        var hello = t.Set(PoolUnderTest.Function());
        t.Acquire(hello);
        var serving = t.Serve();

        t.Pool.Resize(PoolUnderTest.Spec(1) with { Template = "new" });
        t.Become(t.Created[^1], PodPhase.Warm, "new");

        Assert.Equal([serving], t.Routed(hello));
        Assert.DoesNotContain(serving, t.Deletes.Select(delete => delete.Pod));
    }

    [Fact]
    public void In_a_full_pool_an_old_pod_makes_room_for_a_new_one_and_no_second_goes_before_that_is_warm()
    {
        var t = new PoolUnderTest(PoolUnderTest.Spec(2) with { Template = "old", Max = 2 });
        t.Pool.Reconcile([]);
        var old = t.Created.ToList();
        old.ForEach(pod => t.Become(pod, PodPhase.Warm, "old"));

        t.Pool.Resize(PoolUnderTest.Spec(2) with { Template = "new", Max = 2 });
        var first = Assert.Single(t.Deletes).Pod;
        Assert.Equal(old, t.Created);
        t.Pool.PodGone(first, "deleted");
        var made = Assert.Single(t.Created.Except(old));
        Assert.Single(t.Deletes);

        t.Become(made, PodPhase.Warm, "new");
        Assert.Equal(old.ToHashSet(), t.Deletes.Select(delete => delete.Pod).ToHashSet());
    }

    [Fact]
    public void A_template_that_is_mended_is_tried_at_once_and_what_still_starts_is_not_waited_for()
    {
        var t = new PoolUnderTest(PoolUnderTest.Spec(1) with { Template = "broken", StopRefillAfter = 1, RefillRetry = TimeSpan.FromMinutes(1) });
        t.Pool.Reconcile([]);
        t.Observe(t.Created[0], PodPhase.Failed);
        Assert.NotNull(t.Pool.Status.Stopped);
        t.PassSeconds(60);
        var stuck = t.Created[1];

        t.Pool.Resize(PoolUnderTest.Spec(1) with { Template = "mended" });

        Assert.Null(t.Pool.Status.Stopped);
        Assert.Contains(stuck, t.Deletes.Select(delete => delete.Pod));
        Assert.Equal(3, t.Created.Count);
    }

    [Fact]
    public void Pods_of_which_nobody_knows_what_they_were_made_from_stay()
    {
        var t = new PoolUnderTest(PoolUnderTest.Spec(2) with { Template = "new" });
        var known = t.Warm(2);
        t.Pool.Reconcile([.. known.Select(pod => new PodObservation(pod, PodPhase.Warm, "node"))]);
        Assert.Empty(t.Created);
        Assert.Empty(t.Deletes);
    }
}
