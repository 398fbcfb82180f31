namespace PodPool.Core.Tests;

public sealed class ClaimTests
{
    private readonly PoolUnderTest _t = new();

    [Fact]
    public void A_first_request_takes_a_warm_pod_and_is_answered_when_it_serves()
    {
        var hello = _t.Set(PoolUnderTest.Function());
        _t.Pool.Reconcile([]);
        var pods = _t.Warm(2);

        var acquire = _t.Acquire(hello);

        var order = Assert.Single(_t.Claims);
        Assert.Contains(order.Pod, pods);
        Assert.Equal("r1", order.Function.Revision);
        Assert.Null(_t.AnswerTo(acquire));
        Assert.Empty(_t.Routed(hello));

        var phases = new StartPhases(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(4));
        _t.Pool.Specialized(order.Claim, phases);

        Assert.Equal(new AcquireAnswer.Instance(order.Pod, "r1", Miss: false, TimeSpan.Zero, phases), _t.AnswerTo(acquire));
        Assert.Equal([new RoutedInstance(order.Pod, "r1", Miss: false, phases)], _t.Pool.RouteOf(hello).Instances);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(8, 1, 8)]
    [InlineData(8, 3, 3)]
    [InlineData(9, 3, 3)]
    [InlineData(1000, 100, 10)]
    public void First_requests_need_their_number_by_concurrency_of_pods(int requests, int concurrency, int pods)
    {
        var hello = _t.Set(PoolUnderTest.Function(concurrency: concurrency));
        _t.Pool.Reconcile([]);
        _t.Warm(20);

        _t.Acquire(hello, waiting: 1);
        for (var waiting = 2; waiting <= requests; waiting++)
        {
            _t.Report(hello, waiting, 0);
        }

        Assert.Equal(pods, _t.Claims.Count);
        Assert.Equal(pods, _t.Claims.DistinctBy(claim => claim.Pod).Count());
    }

    [Fact]
    public void Load_of_several_routers_adds_up()
    {
        var hello = _t.Set(PoolUnderTest.Function(concurrency: 4));
        _t.Pool.Reconcile([]);
        _t.Warm(5);
        _t.Pool.RouterConnected("other");

        var first = _t.Acquire(hello, waiting: 3);
        var second = _t.Acquire(hello, waiting: 3, router: "other");

        Assert.Equal(2, _t.Claims.Count);
        _t.Serve(0);
        _t.Serve(1);
        _t.InstanceOf(first);
        _t.InstanceOf(second);
    }

    [Fact]
    public void An_instance_is_promised_to_no_more_requests_than_it_has_room_for()
    {
        var hello = _t.Set(PoolUnderTest.Function(concurrency: 2));
        _t.Pool.Reconcile([]);
        _t.Warm(2);
        _t.Pool.RouterConnected("other");
        var first = _t.Acquire(hello, waiting: 2);
        var second = _t.Acquire(hello, waiting: 1, router: "other");

        var pod = _t.Serve(0);
        Assert.Equal(pod, _t.InstanceOf(first).Pod);
        Assert.Null(_t.AnswerTo(second));

        Assert.Equal(_t.Serve(1), _t.InstanceOf(second).Pod);
    }

    [Fact]
    public void A_load_that_comes_late_or_twice_adds_no_pods()
    {
        var hello = _t.Set(PoolUnderTest.Function());
        _t.Pool.Reconcile([]);
        _t.Warm(9);
        var late = _t.Load(hello, waiting: 5, inFlight: 0);
        var now = _t.Load(hello, waiting: 1, inFlight: 0);

        _t.Pool.Report(now);
        _t.Pool.Report(now);
        _t.Pool.Report(late);
        _t.Pool.Acquire(new AcquireId(100), late, TimeSpan.FromSeconds(1));

        Assert.Single(_t.Claims);
    }

    [Fact]
    public void An_acquire_is_answered_at_once_while_an_instance_has_room()
    {
        var hello = PoolUnderTest.Function(concurrency: 2);
        var pod = Assert.Single(_t.Serving(hello, 1));
        _t.Warm(3);
        _t.PassSeconds(1);

        var acquire = _t.Acquire(hello.Name, waiting: 1, inFlight: 1);

        Assert.Equal(new AcquireAnswer.Instance(pod, "r1", Miss: false, TimeSpan.Zero, default), _t.AnswerTo(acquire));
        Assert.Single(_t.Claims);
    }

    [Fact]
    public void When_all_instances_are_full_one_more_is_claimed()
    {
        var hello = PoolUnderTest.Function(concurrency: 2);
        _t.Serving(hello, 1);
        _t.Warm(3);

        var acquire = _t.Acquire(hello.Name, waiting: 1, inFlight: 2);

        Assert.Equal(2, _t.Claims.Count);
        var pod = _t.Serve();
        Assert.Equal(pod, _t.InstanceOf(acquire).Pod);
    }

    [Fact]
    public void A_request_that_ends_makes_room_for_one_that_waits()
    {
        var hello = PoolUnderTest.Function(max: 1);
        var pod = Assert.Single(_t.Serving(hello, 1));
        var acquire = _t.Acquire(hello.Name, waiting: 1, inFlight: 1);
        Assert.Null(_t.AnswerTo(acquire));

        _t.Report(hello.Name, waiting: 1, inFlight: 0);

        Assert.Equal(pod, _t.InstanceOf(acquire).Pod);
    }

    [Fact]
    public void More_than_the_limit_is_never_claimed_and_who_waits_is_told_at_the_deadline()
    {
        var hello = PoolUnderTest.Function(max: 2);
        _t.Serving(hello, 2);
        _t.Warm(3);

        var acquire = _t.Acquire(hello.Name, waiting: 7, inFlight: 2, timeoutSeconds: 5);
        Assert.Equal(2, _t.Claims.Count);

        _t.PassSeconds(4.9);
        Assert.Null(_t.AnswerTo(acquire));
        _t.PassSeconds(0.1);
        Assert.Equal(RefusalReason.ScaleLimit, _t.RefusalOf(acquire).Why);
    }

    [Fact]
    public void Every_pod_that_is_wanted_is_told_once_by_its_miss_or_by_a_claim_that_found_one()
    {
        var hello = _t.Set(PoolUnderTest.Function());
        _t.Pool.Reconcile([]);
        _t.Warm(1);

        _t.Acquire(hello, waiting: 4);
        Assert.Equal(3, Assert.Single(_t.Events, happened => happened.Kind == PoolEventKind.Miss).Missed);
        _t.Warm(3);
        Assert.Equal([false, true, true, true], _t.Claims.Select(order => order.Missed));
        Assert.Single(_t.Events, happened => happened.Kind == PoolEventKind.Miss);
    }

    [Fact]
    public void A_miss_waits_for_a_pod_and_says_how_long_it_queued()
    {
        var hello = _t.Set(PoolUnderTest.Function());
        _t.Pool.Reconcile([]);

        var acquire = _t.Acquire(hello);
        Assert.Equal(1, _t.Pool.Status.Misses);
        _t.PassSeconds(0.5);
        _t.Warm(1);
        _t.PassSeconds(0.1);
        _t.Serve();

        var answer = _t.InstanceOf(acquire);
        Assert.True(answer.Miss);
        Assert.True(Assert.Single(_t.Pool.RouteOf(hello).Instances).Miss);
        Assert.Equal(TimeSpan.FromSeconds(0.5), answer.Queued);
        Assert.Equal(1, _t.Pool.Status.Misses);
    }

    [Fact]
    public void An_empty_pool_refuses_at_the_deadline()
    {
        var hello = _t.Set(PoolUnderTest.Function());
        _t.Pool.Reconcile([]);
        var acquire = _t.Acquire(hello, timeoutSeconds: 2);

        _t.PassSeconds(2);

        var refusal = _t.RefusalOf(acquire);
        Assert.Equal(RefusalReason.PoolEmpty, refusal.Why);
        Assert.True(refusal.RetryAfter > TimeSpan.Zero);
    }

    [Fact]
    public void A_function_that_would_rather_be_refused_is_refused_at_once_by_an_empty_pool()
    {
        var hello = _t.Set(PoolUnderTest.Function(onEmptyPool: EmptyPoolPolicy.Reject));
        _t.Pool.Reconcile([]);

        Assert.Equal(RefusalReason.PoolEmpty, _t.RefusalOf(_t.Acquire(hello)).Why);
        Assert.Equal(1, _t.Pool.Status.Misses);

        _t.Warm(1);
        Assert.Empty(_t.Claims);
        var acquire = _t.Acquire(hello, waiting: 3);
        Assert.Single(_t.Claims);
        Assert.Null(_t.AnswerTo(acquire));
        _t.Serve();
        _t.InstanceOf(acquire);
    }

    [Fact]
    public void Callers_who_are_refused_one_after_the_other_want_one_pod()
    {
        var hello = _t.Set(PoolUnderTest.Function(onEmptyPool: EmptyPoolPolicy.Reject, idleSeconds: 10));
        _t.Pool.Reconcile([]);

        for (var caller = 0; caller < 50; caller++)
        {
            Assert.Equal(RefusalReason.PoolEmpty, _t.RefusalOf(_t.Acquire(hello)).Why);
            _t.Report(hello, waiting: 0, inFlight: 0);
            _t.PassSeconds(0.1);
        }

        Assert.Equal(1, _t.Pool.Status.Misses);

        // Its caller finds it warm; that it was wanted was told before.
        _t.Warm(1);
        var acquire = _t.Acquire(hello);
        Assert.True(Assert.Single(_t.Claims).Missed);
        _t.Serve();
        Assert.False(_t.InstanceOf(acquire).Miss);
        Assert.Equal(1, _t.Pool.Status.Misses);
    }

    [Fact]
    public void A_caller_who_comes_when_the_pod_of_the_one_before_would_be_gone_misses_too()
    {
        var hello = _t.Set(PoolUnderTest.Function(onEmptyPool: EmptyPoolPolicy.Reject, idleSeconds: 10));
        _t.Pool.Reconcile([]);

        for (var caller = 1; caller <= 5; caller++)
        {
            _t.Acquire(hello);
            _t.Report(hello, waiting: 0, inFlight: 0);
            Assert.Equal(caller, _t.Pool.Status.Misses);
            _t.PassSeconds(12);
        }

        _t.Warm(1);
        _t.Acquire(hello);
        Assert.False(Assert.Single(_t.Claims).Missed);
    }

    [Fact]
    public void An_unknown_function_is_refused()
    {
        Assert.Equal(RefusalReason.FunctionNotFound, _t.RefusalOf(_t.Acquire(new FunctionName("default", "nobody"))).Why);
    }

    [Fact]
    public void A_start_that_outlasts_the_caller_refuses_the_caller_and_keeps_the_instance()
    {
        var hello = _t.Set(PoolUnderTest.Function());
        _t.Pool.Reconcile([]);
        _t.Warm(1);
        var acquire = _t.Acquire(hello, timeoutSeconds: 1);

        _t.PassSeconds(1);
        Assert.Equal(RefusalReason.StartTimedOut, _t.RefusalOf(acquire).Why);

        var pod = _t.Serve();
        Assert.Equal([pod], _t.Routed(hello));
    }

    [Fact]
    public void An_acquire_without_time_is_answered_at_once()
    {
        var hello = _t.Set(PoolUnderTest.Function());
        _t.Pool.Reconcile([]);

        Assert.Equal(RefusalReason.PoolEmpty, _t.RefusalOf(_t.Acquire(hello, timeoutSeconds: 0)).Why);
    }

    [Fact]
    public void A_cancelled_acquire_gets_no_answer_and_its_instance_stays()
    {
        var hello = _t.Set(PoolUnderTest.Function());
        _t.Pool.Reconcile([]);
        _t.Warm(1);
        var acquire = _t.Acquire(hello);

        _t.Pool.Cancel(acquire);
        _t.Pool.Cancel(acquire);
        _t.Report(hello, 0, 0);
        var pod = _t.Serve();

        Assert.Null(_t.AnswerTo(acquire));
        Assert.Equal([pod], _t.Routed(hello));
    }

    [Fact]
    public void A_pod_that_holds_the_package_is_preferred_then_the_fullest_node()
    {
        var hello = _t.Set(PoolUnderTest.Function(package: "mine"));
        var other = _t.Set(PoolUnderTest.Function("other"));
        _t.Pool.Reconcile([]);
        _t.Warm(1, "small");
        var full = _t.Warm(3, "full");
        var holder = Assert.Single(_t.Warm(1, "small", "mine"));

        _t.Acquire(hello);
        _t.Acquire(other);

        Assert.Equal(holder, _t.Claims[0].Pod);
        Assert.Contains(_t.Claims[1].Pod, full);
    }

    [Fact]
    public void A_function_that_uses_Dapr_gets_a_pod_on_a_node_whose_door_is_open_if_there_is_one()
    {
        var dapr = _t.Set(PoolUnderTest.Function(package: "mine") with { UsesDapr = true });
        var other = _t.Set(PoolUnderTest.Function("other"));
        _t.Pool.Reconcile([]);
        var full = _t.Warm(4, "full");
        var holder = Assert.Single(_t.Warm(1, "small", "mine"));
        var open = _t.Warm(2, "open");

        _t.Pool.SetOpenDoors(new HashSet<string> { "open", "nobody's" });
        _t.Acquire(dapr);
        _t.Acquire(dapr, waiting: 2);
        _t.Acquire(other);
        _t.Acquire(dapr, waiting: 3);

        Assert.Subset(open.ToHashSet(), new HashSet<PodId> { _t.Claims[0].Pod, _t.Claims[1].Pod });
        Assert.Contains(_t.Claims[2].Pod, full);
        Assert.True(holder == _t.Claims[3].Pod, "where no door is open, it is as for any other function");
    }

    [Fact]
    public void Of_pods_with_an_open_door_one_that_holds_the_package_is_preferred()
    {
        var dapr = _t.Set(PoolUnderTest.Function(package: "mine") with { UsesDapr = true });
        _t.Pool.Reconcile([]);
        _t.Warm(3, "open");
        var holder = Assert.Single(_t.Warm(1, "also-open", "mine"));
        _t.Pool.SetOpenDoors(new HashSet<string> { "open", "also-open" });

        _t.Acquire(dapr);

        Assert.Equal(holder, Assert.Single(_t.Claims).Pod);
    }
}
