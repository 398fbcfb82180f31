namespace PodPool.Core.Tests.Sizing.Memory;

/// <summary>Pools that are given what another one has learnt.</summary>
public sealed class LearningPoolTests
{
    private static readonly PoolSpec Auto = SizeCourse.Spec with { Warm = 3 };

    [Fact]
    public void The_first_decision_is_the_last_one_of_the_pool_before()
    {
        var learnt = Learnt(warm: 9);
        var t = new PoolUnderTest(Auto);
        Assert.Null(t.Pool.Learn(learnt));
        t.Pool.Reconcile([]);
        Assert.Equal(9, t.Created.Count);
        Assert.Equal(9, t.Pool.Status.Size!.Warm);
    }

    [Fact]
    public void Its_own_limits_count_all_the_same()
    {
        var t = new PoolUnderTest(Auto with { Auto = new SizeAuto(0.01) { Max = 4 } });
        t.Pool.Learn(Learnt(warm: 9));
        t.Pool.Reconcile([]);
        Assert.Equal(4, t.Pool.Status.Size!.Warm);
    }

    [Fact]
    public void The_last_that_is_given_counts_and_none_once_it_is_kept()
    {
        var t = new PoolUnderTest(Auto);
        t.Pool.Learn(Learnt(warm: 9));
        t.Pool.Learn(Learnt(warm: 7));
        t.Pool.Reconcile([]);
        Assert.Equal("the pool is kept already", t.Pool.Learn(Learnt(warm: 5)));
        Assert.Equal(7, t.Pool.Status.Size!.Warm);
    }

    [Fact]
    public void A_pool_of_a_fixed_size_keeps_it_until_it_sizes_itself()
    {
        var learnt = Learnt(warm: 9);
        var t = new PoolUnderTest(Auto with { Auto = null });
        t.Pool.Learn(learnt);
        t.Pool.Reconcile([]);
        Assert.Equal(3, t.Created.Count);
        Assert.Equal(learnt, t.Pool.Learnt);
        t.Pool.Resize(Auto);
        Assert.Equal(9, t.Pool.Status.Size!.Warm);
    }

    [Fact]
    public void A_pool_that_sizes_itself_again_goes_on_where_it_was()
    {
        var t = new PoolUnderTest(Auto);
        t.Pool.Learn(Learnt(warm: 9));
        t.Pool.Reconcile([]);
        t.Pool.Resize(Auto with { Auto = null });
        Assert.Null(t.Pool.Status.Size);
        t.Pool.Resize(Auto);
        Assert.Equal(9, t.Pool.Status.Size!.Warm);
    }

    [Fact]
    public void A_pool_that_never_sized_itself_has_learnt_nothing()
    {
        var t = new PoolUnderTest(Auto with { Auto = null });
        t.Pool.Reconcile([]);
        Assert.Null(t.Pool.Learnt);
    }

    private static string Learnt(int warm)
    {
        var t = new PoolUnderTest(Auto with { Warm = warm });
        t.Pool.Reconcile([]);
        return t.Pool.Learnt!;
    }
}
