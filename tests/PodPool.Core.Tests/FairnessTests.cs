namespace PodPool.Core.Tests;

public sealed class FairnessTests
{
    private readonly PoolUnderTest _t = new();

    [Fact]
    public void A_function_without_pods_comes_before_one_that_has_some()
    {
        var rush = _t.Set(PoolUnderTest.Function("rush"));
        var quiet = _t.Set(PoolUnderTest.Function("quiet"));
        _t.Pool.Reconcile([]);
        _t.Acquire(rush, waiting: 100);
        _t.Warm(3);
        _t.Acquire(quiet);

        _t.Warm(1);

        Assert.Equal([rush, rush, rush, quiet], _t.Claims.Select(claim => claim.Function.Name));
    }

    [Fact]
    public void A_short_pool_is_dealt_one_each()
    {
        var names = Enumerable.Range(0, 4).Select(i => _t.Set(PoolUnderTest.Function($"f{i}"))).ToList();
        _t.Pool.Reconcile([]);
        names.ForEach(name => _t.Acquire(name, waiting: 10));

        _t.Warm(10);

        var dealt = names.Select(name => _t.Claims.Count(claim => claim.Function.Name == name)).ToList();
        Assert.Equal([3, 3, 2, 2], dealt);
    }

    [Fact]
    public void Among_equals_the_one_that_waited_longest_is_first()
    {
        var late = _t.Set(PoolUnderTest.Function("late"));
        var early = _t.Set(PoolUnderTest.Function("early"));
        _t.Pool.Reconcile([]);
        _t.Acquire(early);
        _t.PassSeconds(1);
        _t.Acquire(late);

        _t.Warm(1);

        Assert.Equal(early, Assert.Single(_t.Claims).Function.Name);
    }

    [Fact]
    public void Among_equals_a_caller_comes_before_a_minimum()
    {
        var minimum = _t.Set(PoolUnderTest.Function("minimum", min: 1));
        _t.Pool.Reconcile([]);
        _t.PassSeconds(1);
        var called = _t.Set(PoolUnderTest.Function("called"));
        _t.Acquire(called);

        _t.Warm(2);

        Assert.Equal([called, minimum], _t.Claims.Select(claim => claim.Function.Name));
    }

    [Fact]
    public void Who_left_the_queue_gets_no_pod()
    {
        var left = _t.Set(PoolUnderTest.Function("left"));
        var stayed = _t.Set(PoolUnderTest.Function("stayed"));
        _t.Pool.Reconcile([]);
        var acquire = _t.Acquire(left);
        _t.Acquire(stayed);
        _t.Pool.Cancel(acquire);
        _t.Report(left, 0, 0);

        _t.Warm(2);

        Assert.Equal(stayed, Assert.Single(_t.Claims).Function.Name);
    }
}
