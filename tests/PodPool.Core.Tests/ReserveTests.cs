using System.Collections.Frozen;
using CsCheck;
using PodPool.Core.Tests.Simulation;

namespace PodPool.Core.Tests;

public sealed class ReserveTests
{
    private static readonly FunctionName Vip = new("default", "vip");

    private static PoolUnderTest Pool(int warm, params (string Function, int Pods)[] reserve)
    {
        var t = new PoolUnderTest(PoolUnderTest.Spec(warm) with { Reserve = Of(reserve) });
        t.Pool.Reconcile([]);
        return t;
    }

    private static FrozenDictionary<FunctionName, int> Of(params (string Function, int Pods)[] reserve) =>
        reserve.ToFrozenDictionary(entry => new FunctionName("default", entry.Function), entry => entry.Pods);

    private static void AllWarm(PoolUnderTest t) => t.Created.ToList().ForEach(pod => t.Observe(pod, PodPhase.Warm));

    private static int ClaimsOf(PoolUnderTest t, FunctionName function) => t.Claims.Count(claim => claim.Function.Name == function);

    [Fact]
    public void Reserved_pods_come_on_top_of_the_size() => Assert.Equal(5, Pool(3, ("vip", 2)).Created.Count);

    [Fact]
    public void A_rush_takes_what_is_nobodys_and_leaves_the_rest()
    {
        var t = Pool(3, ("vip", 2));
        AllWarm(t);
        var rush = t.Set(PoolUnderTest.Function("rush"));
        t.Acquire(rush, waiting: 10);
        Assert.Equal(3, ClaimsOf(t, rush));
        Assert.Equal(2, t.Pool.Status.Warm);

        t.Acquire(t.Set(PoolUnderTest.Function("vip")), waiting: 2);
        Assert.Equal(2, ClaimsOf(t, Vip));
    }

    [Fact]
    public void Its_function_takes_from_what_is_nobodys_first_and_from_no_other_functions_ever()
    {
        var t = Pool(2, ("vip", 2), ("other", 1));
        AllWarm(t);
        t.Acquire(t.Set(PoolUnderTest.Function("vip")), waiting: 10);
        Assert.Equal(4, ClaimsOf(t, Vip));
        var other = t.Set(PoolUnderTest.Function("other"));
        t.Acquire(other);
        Assert.Equal(1, ClaimsOf(t, other));
    }

    [Fact]
    public void What_was_taken_of_a_reserve_is_put_back_before_a_rush_goes_on()
    {
        var t = Pool(0, ("vip", 1));
        AllWarm(t);
        var (rush, vip) = (t.Set(PoolUnderTest.Function("rush")), t.Set(PoolUnderTest.Function("vip")));
        t.Acquire(rush, waiting: 5);
        t.Acquire(vip);
        Assert.Equal(vip, Assert.Single(t.Claims).Function.Name);

        t.Warm(1);
        Assert.Single(t.Claims);
        t.Warm(1);
        Assert.Equal(1, ClaimsOf(t, rush));
    }

    [Fact]
    public void A_claim_that_found_only_pods_of_others_is_a_miss()
    {
        var t = Pool(0, ("vip", 1));
        AllWarm(t);
        t.Acquire(t.Set(PoolUnderTest.Function("rush")));
        Assert.Equal(1, t.Pool.Status.Misses);
        Assert.Equal(3, t.Created.Count + t.Claims.Count + 1);
    }

    [Fact]
    public void A_reserve_that_is_given_up_is_there_for_all()
    {
        var t = Pool(0, ("vip", 2));
        AllWarm(t);
        var rush = t.Set(PoolUnderTest.Function("rush"));
        t.Acquire(rush, waiting: 2);
        t.Pool.Resize(PoolUnderTest.Spec(0));
        Assert.Equal(2, ClaimsOf(t, rush));
    }

    [Fact]
    public void A_reserve_less_than_none_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Pool(0, ("vip", -1)));

    /// <summary>
    /// Any course of three functions of which two have a reserve: who never had more than its reserve at once since it was full waits for nothing, and no
    /// pod idles that somebody may have who wants one.
    /// </summary>
    [Fact]
    public void Whatever_others_do_what_is_reserved_is_there()
    {
        var step = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2], Gen.Int[1, 4]);
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 3], Gen.Int[0, 3], step.Array[1, 60]).Sample((warm, ofVip, ofOther, steps) =>
        {
            var t = Pool(warm, ("vip", ofVip), ("other", ofOther));
            string[] others = ["rush", "other"];
            foreach (var (kind, which, count) in steps)
            {
                switch (kind)
                {
                    case < 3:
                        t.Acquire(t.Set(PoolUnderTest.Function(others[which % 2])), waiting: count);
                        break;
                    case 3:
                        t.Warm(count);
                        break;
                    case 4:
                        AllWarm(t);
                        break;
                    default:
                        t.Claims.ToList().ForEach(claim => t.Pool.Specialized(claim.Claim, default));
                        break;
                }

                Audit.Check(t.Pool.Books);
            }

            // Everything that others may want is theirs; the reserve is full.
            AllWarm(t);
            t.Warm(100);
            var rush = t.Set(PoolUnderTest.Function("rush"));
            t.Acquire(rush, waiting: 500);
            t.Acquire(t.Set(PoolUnderTest.Function("other")), waiting: 500);
            Assert.Equal(ofVip, t.Pool.Status.Warm);
            t.Acquire(t.Set(PoolUnderTest.Function("vip")), waiting: ofVip);
            Assert.Equal(ofVip, ClaimsOf(t, Vip));
            Audit.Check(t.Pool.Books);
        });
    }
}
