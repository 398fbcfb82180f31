namespace PodPool.Core.Tests;

public sealed class StartFailureTests
{
    private static readonly StartFault OfCode = new(OfCode: true, "STARTUP_FAILED", "it threw");
    private static readonly StartFault OfPlatform = new(OfCode: false, "POD_GONE", "no answer");

    private readonly PoolUnderTest _t = new();
    private readonly FunctionName _hello;

    public StartFailureTests()
    {
        _hello = _t.Set(PoolUnderTest.Function());
        _t.Pool.Reconcile([]);
        _t.Warm(20);
    }

    [Fact]
    public void A_pod_that_dies_while_it_is_specialized_is_replaced_and_the_caller_gets_the_other()
    {
        var acquire = _t.Acquire(_hello);
        _t.Pool.PodGone(_t.Claims[0].Pod, "killed");

        Assert.Equal(2, _t.Claims.Count);
        Assert.NotEqual(_t.Claims[0].Pod, _t.Claims[1].Pod);
        Assert.Equal(_t.Serve(), _t.InstanceOf(acquire).Pod);
    }

    [Fact]
    public void A_failed_pod_is_deleted_and_another_taken_as_often_as_allowed_and_not_once_more()
    {
        var acquire = _t.Acquire(_hello);
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Equal(attempt, _t.Claims.Count);
            Assert.Null(_t.AnswerTo(acquire));
            _t.Pool.SpecializationFailed(_t.Claims[^1].Claim, OfPlatform);
        }

        var refusal = _t.RefusalOf(acquire);
        Assert.Equal(RefusalReason.PodsFailed, refusal.Why);
        Assert.Equal(OfPlatform, refusal.Fault);
        Assert.Equal(3, _t.Claims.Count);
        Assert.Equal(_t.Claims.Select(claim => (claim.Pod, DeleteReason.SpecializationFailed)), _t.Deletes);
    }

    [Fact]
    public void A_pod_that_says_it_failed_gets_time_to_say_why_and_no_other_is_spent_meanwhile()
    {
        var acquire = _t.Acquire(_hello);
        _t.Pool.PodObserved(new PodObservation(_t.Claims[0].Pod, PodPhase.Failed, "node"));
        _t.PassSeconds(4);
        Assert.Single(_t.Claims);

        _t.Pool.SpecializationFailed(_t.Claims[0].Claim, OfCode);
        var refusal = _t.RefusalOf(acquire);
        Assert.Equal((RefusalReason.StartFailed, OfCode), (refusal.Why, refusal.Fault));
        Assert.Single(_t.Claims);
    }

    [Fact]
    public void A_pod_that_never_says_why_it_failed_is_replaced()
    {
        var acquire = _t.Acquire(_hello);
        _t.Pool.PodObserved(new PodObservation(_t.Claims[0].Pod, PodPhase.Failed, "node"));
        _t.PassSeconds(5);
        Assert.Equal(2, _t.Claims.Count);
        _t.Serve();
        _t.InstanceOf(acquire);
    }

    [Fact]
    public void A_claim_without_an_answer_fails_at_its_deadline()
    {
        var acquire = _t.Acquire(_hello, timeoutSeconds: 100);

        _t.PassSeconds(45);

        Assert.Equal(2, _t.Claims.Count);
        Assert.Equal([(_t.Claims[0].Pod, DeleteReason.SpecializationFailed)], _t.Deletes);
        _t.Serve();
        _t.InstanceOf(acquire);
        _t.Pool.Specialized(_t.Claims[0].Claim, default);
        Assert.Equal([_t.Claims[1].Pod], _t.Routed(_hello));
    }

    [Fact]
    public void No_other_pod_is_taken_when_nobody_waits_any_more()
    {
        var acquire = _t.Acquire(_hello);
        _t.Pool.Cancel(acquire);
        _t.Report(_hello, 0, 0);

        _t.Pool.SpecializationFailed(_t.Claims[^1].Claim, OfPlatform);

        Assert.Single(_t.Claims);
    }

    [Fact]
    public void A_fault_of_the_code_answers_all_who_wait_and_is_kept()
    {
        _t.Pool.RouterConnected("other");
        var first = _t.Acquire(_hello);
        var second = _t.Acquire(_hello, router: "other");

        _t.Pool.SpecializationFailed(_t.Claims[0].Claim, OfCode);

        foreach (var acquire in new[] { first, second })
        {
            var refusal = _t.RefusalOf(acquire);
            Assert.Equal((RefusalReason.StartFailed, OfCode, TimeSpan.FromSeconds(1)), (refusal.Why, refusal.Fault, refusal.RetryAfter));
        }

        Assert.Equal(OfCode, _t.Pool.StatusOf(_hello)!.LastFault);
        Assert.Equal(TimeSpan.FromSeconds(1), _t.Pool.StatusOf(_hello)!.BreakerOpenFor);
        Assert.Contains((_t.Claims[0].Pod, DeleteReason.SpecializationFailed), _t.Deletes);
    }

    [Fact]
    public void While_the_breaker_is_open_acquires_are_refused_at_once_and_take_no_pod()
    {
        _t.Acquire(_hello);
        _t.Pool.SpecializationFailed(_t.Claims[0].Claim, OfCode);
        _t.PassSeconds(0.4);

        var refusal = _t.RefusalOf(_t.Acquire(_hello, waiting: 5));

        Assert.Equal((RefusalReason.BreakerOpen, OfCode, TimeSpan.FromSeconds(0.6)), (refusal.Why, refusal.Fault, refusal.RetryAfter));
        Assert.Single(_t.Claims);
    }

    [Fact]
    public void After_a_while_the_breaker_lets_one_trial_through_which_decides_for_all()
    {
        _t.Acquire(_hello);
        _t.Pool.SpecializationFailed(_t.Claims[0].Claim, OfCode);
        _t.Report(_hello, 0, 0);
        _t.PassSeconds(1);
        Assert.Single(_t.Claims);

        var acquire = _t.Acquire(_hello, waiting: 5);
        Assert.Equal(2, _t.Claims.Count);
        _t.Serve();

        _t.InstanceOf(acquire);
        Assert.Equal(6, _t.Claims.Count);
        Assert.Null(_t.Pool.StatusOf(_hello)!.BreakerOpenFor);
        Assert.Null(_t.Pool.StatusOf(_hello)!.LastFault);
    }

    [Fact]
    public void Each_failed_trial_opens_the_breaker_for_twice_as_long_up_to_the_limit()
    {
        var open = new List<double>();
        for (var i = 0; i < 9; i++)
        {
            _t.Warm(1);
            var acquire = _t.Acquire(_hello);
            _t.Pool.SpecializationFailed(_t.Claims[^1].Claim, OfCode);
            open.Add(_t.RefusalOf(acquire).RetryAfter.TotalSeconds);
            _t.Report(_hello, 0, 0);
            _t.PassSeconds(open[^1]);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60, 60], open);
        Assert.Equal(9, _t.Claims.Count);
    }

    [Fact]
    public void Claims_that_began_together_and_fail_together_open_the_breaker_once()
    {
        var acquire = _t.Acquire(_hello, waiting: 4);
        foreach (var claim in _t.Claims.ToList())
        {
            _t.PassSeconds(0.01);
            _t.Pool.SpecializationFailed(claim.Claim, OfCode);
        }

        Assert.Equal(TimeSpan.FromSeconds(1), _t.RefusalOf(acquire).RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(0.97), _t.Pool.StatusOf(_hello)!.BreakerOpenFor);
        Assert.Single(_t.Events, happened => happened.Kind == PoolEventKind.BreakerOpened);
    }

    [Fact]
    public void A_new_revision_closes_the_breaker()
    {
        _t.Acquire(_hello);
        _t.Pool.SpecializationFailed(_t.Claims[0].Claim, OfCode);

        _t.Set(PoolUnderTest.Function(revision: "r2"));
        _t.Acquire(_hello);

        Assert.Equal("r2", _t.Claims[^1].Function.Revision);
        Assert.Null(_t.Pool.StatusOf(_hello)!.LastFault);
    }

    [Fact]
    public void The_same_revision_deployed_again_closes_the_breaker()
    {
        _t.Acquire(_hello);
        _t.Pool.SpecializationFailed(_t.Claims[0].Claim, OfCode);

        _t.Set(PoolUnderTest.Function());
        var acquire = _t.Acquire(_hello);

        Assert.Null(_t.Pool.StatusOf(_hello)!.BreakerOpenFor);
        Assert.Equal(2, _t.Claims.Count);
        Assert.Equal(_t.Serve(), _t.InstanceOf(acquire).Pod);
    }

    [Fact]
    public void Pods_that_fail_again_and_again_for_one_function_are_spared_for_the_others()
    {
        var used = 0;
        for (var second = 0; second < 60; second++)
        {
            _t.Acquire(_hello);
            for (; used < _t.Claims.Count; used++)
            {
                _t.Pool.PodGone(_t.Claims[used].Pod, "crashed");
            }

            _t.Report(_hello, 0, 0);
            _t.PassSeconds(1);
        }

        Assert.InRange(_t.Claims.Count, 3, 18);
    }

    [Fact]
    public void Faults_long_ago_do_not_count()
    {
        for (var i = 0; i < 2; i++)
        {
            var left = _t.Acquire(_hello);
            _t.Pool.Cancel(left);
            _t.Report(_hello, 0, 0);
            _t.Pool.PodGone(_t.Claims[^1].Pod, "crashed");
        }

        _t.PassSeconds(61);
        var acquire = _t.Acquire(_hello);
        _t.Pool.PodGone(_t.Claims[^1].Pod, "crashed");
        Assert.Null(_t.AnswerTo(acquire));
        _t.Serve();
        _t.InstanceOf(acquire);
    }

    [Fact]
    public void While_instances_serve_a_caller_rather_waits_for_room_than_being_refused()
    {
        _t.Acquire(_hello);
        var pod = _t.Serve();
        var acquire = _t.Acquire(_hello, waiting: 1, inFlight: 1);
        _t.Pool.SpecializationFailed(_t.Claims[^1].Claim, OfCode);
        Assert.Null(_t.AnswerTo(acquire));

        _t.Report(_hello, waiting: 1, inFlight: 0);

        Assert.Equal(pod, _t.InstanceOf(acquire).Pod);
    }

    [Fact]
    public void The_answer_to_a_claim_may_come_after_what_the_pod_says_of_itself()
    {
        var acquire = _t.Acquire(_hello);
        var order = _t.Claims[0];
        var phases = new StartPhases(TimeSpan.FromMilliseconds(1), default, default, default);

        _t.Observe(order.Pod, PodPhase.Serving, new PodBinding(_hello, "r1", order.Claim));
        Assert.Null(_t.AnswerTo(acquire));
        _t.Pool.Specialized(order.Claim, phases);

        Assert.Equal(phases, _t.InstanceOf(acquire).Phases);
    }

    [Fact]
    public void A_lost_answer_is_found_in_what_the_pod_says_of_itself()
    {
        var acquire = _t.Acquire(_hello);
        var order = _t.Claims[0];

        _t.Observe(order.Pod, PodPhase.Serving, new PodBinding(_hello, "r1", order.Claim));
        _t.PassSeconds(1);

        Assert.Equal(order.Pod, _t.InstanceOf(acquire).Pod);
        Assert.Single(_t.Claims);
    }

    [Fact]
    public void The_verdict_on_a_failed_pod_waits_for_whose_fault_it_was()
    {
        var acquire = _t.Acquire(_hello);
        var order = _t.Claims[0];

        _t.Observe(order.Pod, PodPhase.Failed, new PodBinding(_hello, "r1", order.Claim));
        Assert.Single(_t.Claims);
        _t.Pool.SpecializationFailed(order.Claim, OfCode);

        Assert.Equal(RefusalReason.StartFailed, _t.RefusalOf(acquire).Why);
        Assert.Single(_t.Claims);
    }

    [Fact]
    public void A_pod_that_another_claim_took_is_given_up()
    {
        var acquire = _t.Acquire(_hello);

        _t.Observe(_t.Claims[0].Pod, PodPhase.Serving, new PodBinding(_hello, "r1", new ClaimId("another")));

        Assert.Equal([(_t.Claims[0].Pod, DeleteReason.Unowned)], _t.Deletes);
        Assert.Equal(_t.Serve(1), _t.InstanceOf(acquire).Pod);
    }
}
