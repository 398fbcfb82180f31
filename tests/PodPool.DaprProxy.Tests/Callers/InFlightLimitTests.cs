using CsCheck;
using PodPool.DaprProxy.Callers;

namespace PodPool.DaprProxy.Tests.Callers;

/// <summary>One function cannot take the node's only sidecar for itself.</summary>
public sealed class InFlightLimitTests
{
    [Fact]
    public void A_function_has_as_many_calls_under_way_as_it_may_and_no_more()
    {
        var limit = new InFlightLimit(2);
        Assert.True(limit.TryBegin("a"));
        Assert.True(limit.TryBegin("a"));
        Assert.False(limit.TryBegin("a"));
        Assert.True(limit.TryBegin("b"));
        limit.End("a");
        Assert.True(limit.TryBegin("a"));
    }

    [Fact]
    public void Begins_and_ends_of_many_at_once_are_counted_right()
        => Gen.Int[1, 4].Sample(
            allowed =>
            {
                var limit = new InFlightLimit(allowed);
                var (now, most) = (0, 0);
                Parallel.For(0, 200, _ =>
                {
                    if (limit.TryBegin("a"))
                    {
                        var here = Interlocked.Increment(ref now);
                        InterlockedMax(ref most, here);
                        Interlocked.Decrement(ref now);
                        limit.End("a");
                    }
                });
                Assert.InRange(most, 1, allowed);

                // All have ended: as many may begin as at first.
                for (var i = 0; i < allowed; i++)
                {
                    Assert.True(limit.TryBegin("a"));
                }

                Assert.False(limit.TryBegin("a"));
            },
            iter: 50);

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen; seen = Volatile.Read(ref target))
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
