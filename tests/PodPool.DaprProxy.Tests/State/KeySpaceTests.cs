using CsCheck;
using PodPool.Contracts.V1;
using PodPool.DaprProxy.State;

namespace PodPool.DaprProxy.Tests.State;

/// <summary>No key of one function is ever another's, whatever it chooses.</summary>
public sealed class KeySpaceTests
{
    [Fact]
    public void A_key_comes_out_as_it_went_in()
        => Gen.Select(OddKeys.Space, OddKeys.Key).Sample((space, key) =>
        {
            Assert.True(space.Space.TryLeave(space.Space.Enter(key), out var back));
            Assert.Equal(key, back);
        });

    [Fact]
    public void No_key_that_one_space_can_name_is_in_another()
        => Gen.Select(OddKeys.Space, OddKeys.Space, OddKeys.Key).Sample((one, other, key) =>
        {
            Assert.Equal(one.Name == other.Name, other.Space.TryLeave(one.Space.Enter(key), out _));
        });

    [Fact]
    public void A_shared_space_is_shared_within_a_namespace_only()
    {
        var cart = KeySpace.Of("shop", "cart", new StateStoreAccess { Shared = "orders" });
        var till = KeySpace.Of("shop", "till", new StateStoreAccess { Shared = "orders" });
        var stranger = KeySpace.Of("other", "cart", new StateStoreAccess { Shared = "orders" });
        Assert.True(till.TryLeave(cart.Enter("1"), out var key));
        Assert.Equal("1", key);
        Assert.False(stranger.TryLeave(cart.Enter("1"), out _));
    }
}
