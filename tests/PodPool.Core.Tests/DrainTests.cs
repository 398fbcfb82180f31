namespace PodPool.Core.Tests;

public sealed class DrainTests
{
    private readonly PoolUnderTest _t = new();

    [Fact]
    public void An_instance_leaves_routing_then_drains_then_is_deleted()
    {
        var hello = PoolUnderTest.Function();
        var pod = Assert.Single(_t.Serving(hello, 1));

        Assert.Equal([pod], _t.Pool.Evict(hello.Name));
        Assert.Empty(_t.Routed(hello.Name));
        Assert.Empty(_t.Drains);

        _t.Acknowledge();
        Assert.Equal([pod], _t.Drains);
        Assert.Empty(_t.Deletes);

        _t.Pool.Drained(pod);
        Assert.Equal([(pod, DeleteReason.Drained)], _t.Deletes);

        _t.Pool.PodGone(pod, "exited");
        Assert.Empty(_t.Pool.StatusOf(hello.Name)!.Instances);
        Assert.Empty(_t.Claims.Skip(1));
    }

    [Fact]
    public void Every_router_must_have_acknowledged()
    {
        _t.Pool.RouterConnected("second");
        _t.Pool.RouterConnected("third");
        var hello = PoolUnderTest.Function();
        var pod = Assert.Single(_t.Serving(hello, 1));
        var before = _t.Pool.RouteVersion;
        _t.Pool.Evict(hello.Name);

        _t.Acknowledge();
        _t.Pool.RouterAcknowledged("second", before);
        Assert.Empty(_t.Drains);
        _t.Acknowledge("second");
        Assert.Empty(_t.Drains);
        _t.Pool.RouterGone("third");
        Assert.Equal([pod], _t.Drains);
    }

    [Fact]
    public void A_router_that_does_not_acknowledge_holds_a_drain_up_for_a_limited_time()
    {
        var hello = PoolUnderTest.Function();
        var pod = Assert.Single(_t.Serving(hello, 1));
        _t.Pool.Evict(hello.Name);

        _t.PassSeconds(1.9);
        Assert.Empty(_t.Drains);
        _t.PassSeconds(0.1);
        Assert.Equal([pod], _t.Drains);
        _t.Acknowledge();
        Assert.Single(_t.Drains);
    }

    [Fact]
    public void A_drain_without_an_end_is_ended()
    {
        var hello = PoolUnderTest.Function();
        var pod = Assert.Single(_t.Serving(hello, 1));
        _t.Pool.Evict(hello.Name);
        _t.Acknowledge();

        _t.PassSeconds(30);
        Assert.Empty(_t.Deletes);
        _t.PassSeconds(5);
        Assert.Equal([(pod, DeleteReason.Drained)], _t.Deletes);
    }

    [Fact]
    public void The_next_request_after_an_eviction_is_a_first_request_again_even_if_the_load_says_otherwise()
    {
        var hello = PoolUnderTest.Function();
        _t.Serving(hello, 1);
        _t.Report(hello.Name, waiting: 0, inFlight: 1);
        _t.Warm(3);

        _t.Pool.Evict(hello.Name);
        Assert.Single(_t.Claims);

        var acquire = _t.Acquire(hello.Name, waiting: 1, inFlight: 1);
        Assert.Equal(2, _t.Claims.Count);
        _t.Report(hello.Name, waiting: 1, inFlight: 0);
        Assert.Equal(_t.Serve(), _t.InstanceOf(acquire).Pod);
    }

    [Fact]
    public void Requests_that_run_on_draining_instances_need_no_others()
    {
        var hello = PoolUnderTest.Function();
        _t.Serving(hello, 5);
        _t.Report(hello.Name, waiting: 0, inFlight: 5);
        _t.Warm(9);
        _t.Pool.Evict(hello.Name);

        _t.Acquire(hello.Name, waiting: 1, inFlight: 5);
        _t.Report(hello.Name, waiting: 1, inFlight: 5);
        _t.Report(hello.Name, waiting: 2, inFlight: 5);

        Assert.Equal(5 + 2, _t.Claims.Count);
    }

    [Fact]
    public void An_eviction_lets_a_claim_under_way_finish()
    {
        var hello = PoolUnderTest.Function();
        _t.Set(hello);
        _t.Pool.Reconcile([]);
        _t.Warm(1);
        var acquire = _t.Acquire(hello.Name);

        Assert.Empty(_t.Pool.Evict(hello.Name));

        Assert.Equal(_t.Serve(), _t.InstanceOf(acquire).Pod);
    }

    [Fact]
    public void A_removed_function_leaves_nothing_behind()
    {
        var hello = PoolUnderTest.Function();
        var pod = Assert.Single(_t.Serving(hello, 1));
        _t.Warm(1);
        var acquire = _t.Acquire(hello.Name, waiting: 3, inFlight: 1);
        var claimed = _t.Claims[^1].Pod;

        Assert.True(_t.Pool.RemoveFunction(hello.Name));

        Assert.Equal(RefusalReason.FunctionDeleted, _t.RefusalOf(acquire).Why);
        Assert.Null(_t.Pool.RouteOf(hello.Name).Function);
        Assert.Equal(hello.Name, _t.RouteChanges[^1]);
        Assert.Equal([(claimed, DeleteReason.Drained)], _t.Deletes);
        _t.Acknowledge();
        Assert.Equal([pod], _t.Drains);
        Assert.False(_t.Pool.RemoveFunction(hello.Name));
        _t.Pool.Specialized(_t.Claims[^1].Claim, default);
        Assert.Null(_t.Pool.StatusOf(hello.Name));
        _t.Warm(3);
        Assert.Equal(2, _t.Claims.Count);
    }

    [Fact]
    public void An_instance_that_dies_is_out_of_routing_at_once_and_replaced_if_the_load_needs_it()
    {
        var hello = PoolUnderTest.Function(concurrency: 2);
        var pods = _t.Serving(hello, 3);
        _t.Report(hello.Name, waiting: 0, inFlight: 4);
        _t.Warm(1);

        _t.Pool.PodGone(pods[0], "killed");
        Assert.DoesNotContain(pods[0], _t.Routed(hello.Name));
        Assert.Equal(3, _t.Claims.Count);

        _t.Pool.PodGone(pods[1], "killed");
        Assert.Equal(4, _t.Claims.Count);
    }
}
