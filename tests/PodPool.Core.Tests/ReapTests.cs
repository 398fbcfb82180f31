namespace PodPool.Core.Tests;

public sealed class ReapTests
{
    private readonly PoolUnderTest _t = new();

    [Fact]
    public void An_idle_instance_is_drained_after_its_idle_timeout_and_not_before()
    {
        var hello = PoolUnderTest.Function(idleSeconds: 80);
        var pod = Assert.Single(_t.Serving(hello, 1));

        _t.PassSeconds(79);
        Assert.Equal([pod], _t.Routed(hello.Name));
        _t.PassSeconds(12);
        Assert.Empty(_t.Routed(hello.Name));
    }

    [Fact]
    public void A_request_now_and_then_keeps_an_instance()
    {
        var hello = PoolUnderTest.Function(idleSeconds: 80);
        var pod = Assert.Single(_t.Serving(hello, 1));
        for (var i = 0; i < 20; i++)
        {
            _t.PassSeconds(79);
            Assert.Equal([pod], _t.Routed(hello.Name));
            _t.Report(hello.Name, 0, 1);
            _t.Report(hello.Name, 0, 0);
        }
    }

    [Fact]
    public void What_the_peak_needed_is_kept_and_the_rest_drained_newest_first()
    {
        var hello = PoolUnderTest.Function(concurrency: 2, idleSeconds: 80);
        var pods = _t.Serving(hello, 4);
        for (var i = 0; i < 5; i++)
        {
            _t.PassSeconds(20);
            _t.Report(hello.Name, 0, 3);
            _t.Report(hello.Name, 0, 1);
        }

        Assert.Equal(pods[..2], _t.Routed(hello.Name));
    }

    [Fact]
    public void The_minimum_is_claimed_without_a_request_and_kept()
    {
        var hello = _t.Set(PoolUnderTest.Function(min: 2, idleSeconds: 8));
        _t.Pool.Reconcile([]);
        _t.Warm(2);
        _t.Serve(0);
        _t.Serve(1);

        _t.PassSeconds(1000);

        Assert.Equal(2, _t.Routed(hello).Count());
        _t.Warm(1);
        _t.Pool.PodGone(_t.Claims[0].Pod, "killed");
        Assert.Equal(3, _t.Claims.Count);
    }

    [Fact]
    public void A_lower_maximum_takes_effect_at_once()
    {
        var hello = PoolUnderTest.Function();
        var pods = _t.Serving(hello, 3);

        _t.Set(PoolUnderTest.Function(max: 1));

        Assert.Equal(pods[..1], _t.Routed(hello.Name));
        Assert.Equal(3, _t.Claims.Count);
    }

    [Fact]
    public void An_idle_timeout_of_nothing_reaps_at_once_what_is_not_needed()
    {
        var hello = PoolUnderTest.Function(idleSeconds: 0);
        Assert.Single(_t.Serving(hello, 1));
        _t.PassSeconds(0.001);
        Assert.Empty(_t.Routed(hello.Name));
    }

    [Fact]
    public void The_load_of_a_router_that_is_not_connected_ends_with_its_acquire()
    {
        var hello = PoolUnderTest.Function(idleSeconds: 8, onEmptyPool: EmptyPoolPolicy.Reject);
        _t.Serving(hello, 1);
        _t.PassSeconds(7);

        var acquire = _t.Acquire(hello.Name, waiting: 1, inFlight: 1, router: "nobody");
        Assert.Equal(RefusalReason.PoolEmpty, _t.RefusalOf(acquire).Why);

        _t.PassSeconds(10);
        Assert.Empty(_t.Routed(hello.Name));
    }

    [Fact]
    public void The_load_of_a_router_ends_with_it()
    {
        var hello = PoolUnderTest.Function(idleSeconds: 8);
        _t.Serving(hello, 1);
        _t.Report(hello.Name, 0, 1);
        _t.PassSeconds(100);
        Assert.Single(_t.Routed(hello.Name));

        _t.Pool.RouterGone(PoolUnderTest.Router);
        _t.Report(hello.Name, 0, 1);
        _t.PassSeconds(10);
        Assert.Empty(_t.Routed(hello.Name));
    }
}
