namespace PodPool.Core.Tests;

public sealed class RolloutTests
{
    private readonly PoolUnderTest _t = new();
    private readonly FunctionSpec _old = PoolUnderTest.Function(concurrency: 2);
    private readonly FunctionSpec _new = PoolUnderTest.Function(revision: "r2", concurrency: 2);

    [Fact]
    public void A_new_revision_serves_before_the_old_one_goes()
    {
        var pod = Assert.Single(_t.Serving(_old, 1));
        _t.Warm(1);

        _t.Set(_new);
        Assert.Equal("r2", _t.Claims[^1].Function.Revision);
        Assert.Equal([pod], _t.Routed(_old.Name));
        Assert.Equal("r1", _t.Pool.RouteOf(_old.Name).Function?.Revision);

        var successor = _t.Serve();
        Assert.Equal([new RoutedInstance(successor, "r2")], _t.Pool.RouteOf(_old.Name).Instances);
        Assert.Equal("r2", _t.Pool.RouteOf(_old.Name).Function?.Revision);
        _t.Acknowledge();
        Assert.Equal([pod], _t.Drains);
    }

    [Fact]
    public void Capacity_does_not_fall_below_the_load_by_an_update()
    {
        var pods = _t.Serving(_old, 3);
        _t.Report(_old.Name, waiting: 0, inFlight: 5);
        _t.Warm(3);

        _t.Set(_new);
        Assert.Equal(6, _t.Claims.Count);
        _t.Serve(3);
        Assert.Equal(pods, _t.Routed(_old.Name));
        _t.Serve(4);
        Assert.Equal(pods, _t.Routed(_old.Name));
        _t.Serve(5);
        Assert.Equal(_t.Claims[3..].Select(claim => claim.Pod), _t.Routed(_old.Name));
        _t.Acknowledge();
        Assert.Equal(pods.Order(Comparer<PodId>.Create((x, y) => string.CompareOrdinal(x.Value, y.Value))), _t.Drains.Order(Comparer<PodId>.Create((x, y) => string.CompareOrdinal(x.Value, y.Value))));
    }

    [Fact]
    public void An_update_to_a_lower_limit_does_not_wait_for_instances_that_it_may_not_have()
    {
        var pods = _t.Serving(_old, 3);
        _t.Report(_old.Name, waiting: 0, inFlight: 5);
        _t.Warm(3);

        _t.Set(_new with { Scale = _new.Scale with { Max = 2 } });
        Assert.Equal(5, _t.Claims.Count);
        _t.Serve(3);
        Assert.Equal(pods, _t.Routed(_old.Name));
        _t.Serve(4);
        Assert.Equal(_t.Claims[3..].Select(claim => claim.Pod), _t.Routed(_old.Name));
    }

    [Fact]
    public void A_little_load_needs_little_of_the_new_revision()
    {
        _t.Serving(_old, 3);
        _t.Report(_old.Name, waiting: 0, inFlight: 1);
        _t.Warm(3);

        _t.Set(_new);
        var successor = _t.Serve();

        Assert.Equal(4, _t.Claims.Count);
        Assert.Equal([successor], _t.Routed(_old.Name));
    }

    [Fact]
    public void Without_instances_a_new_revision_takes_no_pod()
    {
        _t.Set(_old);
        _t.Pool.Reconcile([]);
        _t.Warm(1);
        _t.Set(_new);
        Assert.Empty(_t.Claims);
        _t.Acquire(_new.Name);
        Assert.Equal("r2", Assert.Single(_t.Claims).Function.Revision);
    }

    [Fact]
    public void A_new_revision_that_does_not_start_leaves_the_old_one_serving_as_long_as_it_takes()
    {
        var pod = Assert.Single(_t.Serving(_old, 1));
        _t.Warm(1);
        _t.Set(_new);
        var fault = new StartFault(OfCode: true, "STARTUP_FAILED", "it threw");

        _t.Pool.SpecializationFailed(_t.Claims[^1].Claim, fault);

        Assert.Equal(fault, _t.Pool.StatusOf(_old.Name)!.LastFault);
        Assert.Equal([pod], _t.Routed(_old.Name));
        Assert.IsType<AcquireAnswer.Instance>(_t.AnswerTo(_t.Acquire(_old.Name)));
        _t.Report(_old.Name, 0, 0);
        _t.PassSeconds(1000);
        Assert.Equal([pod], _t.Routed(_old.Name));

        var claims = _t.Claims.Count;
        _t.Warm(1);
        Assert.Equal(claims + 1, _t.Claims.Count);
        var successor = _t.Serve();
        Assert.Equal([successor], _t.Routed(_old.Name));
    }

    [Fact]
    public void Going_back_takes_up_the_instances_that_still_serve()
    {
        var pod = Assert.Single(_t.Serving(_old, 1));
        _t.Set(_new);

        _t.Set(_old);

        Assert.Equal([pod], _t.Routed(_old.Name));
        _t.Warm(1);
        Assert.Single(_t.Claims);
    }

    [Fact]
    public void A_claim_of_the_old_revision_that_ends_after_the_update_still_answers_who_waits_for_it()
    {
        _t.Set(_old);
        _t.Pool.Reconcile([]);
        _t.Warm(1);
        var acquire = _t.Acquire(_old.Name);
        _t.Set(_new);

        var pod = _t.Serve(0);

        Assert.Equal(new RoutedInstance(pod, "r1"), Assert.Single(_t.Pool.RouteOf(_old.Name).Instances));
        Assert.Equal("r1", _t.InstanceOf(acquire).Revision);
        _t.Warm(1);
        Assert.Equal("r2", _t.Claims[^1].Function.Revision);
        _t.Serve();
        Assert.DoesNotContain(pod, _t.Routed(_old.Name));
    }

    [Fact]
    public void A_change_that_keeps_the_revision_keeps_the_instances()
    {
        var pod = Assert.Single(_t.Serving(_old, 1));
        _t.Warm(1);
        var version = _t.Pool.RouteVersion;

        _t.Set(_old with { Concurrency = 50 });

        Assert.Equal([pod], _t.Routed(_old.Name));
        Assert.Equal(50, _t.Pool.RouteOf(_old.Name).Function?.Concurrency);
        Assert.Equal(version + 1, _t.Pool.RouteVersion);
        Assert.Single(_t.Claims);

        _t.Set(_old with { Concurrency = 50 });
        Assert.Equal(version + 1, _t.Pool.RouteVersion);
    }
}
