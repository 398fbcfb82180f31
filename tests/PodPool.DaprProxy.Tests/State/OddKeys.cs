using CsCheck;
using PodPool.Contracts.V1;
using PodPool.DaprProxy.State;

namespace PodPool.DaprProxy.Tests.State;

/// <summary>What tests of keys draw from.</summary>
internal static class OddKeys
{
    /// <summary>Keys that somebody could mean to reach another's with, and ordinary ones.</summary>
    public static readonly Gen<string> Key = Gen.OneOf(
        Gen.OneOf("a", "f.shop.cart:", "f.shop.cart:a", "s.shop.cart:a", "shop.cart:a", ":a", "f", "||", "app||f.shop.cart:a", "../a", "a/b", "%2F", "a+b", "é\u0301", "\U0001F600", "\0", "\""),
        Gen.String[1, 40].Where(IsText),
        Gen.Int[1, 5000].Select(length => new string('x', length)));

    /// <summary>Spaces of functions with names that look alike, shared ones among them.</summary>
    public static readonly Gen<(string Name, KeySpace Space)> Space = Gen.Select(
        Gen.OneOf("shop", "shop-cart", "s", "f"), Gen.OneOf("cart", "shop", "a", "f"), Gen.OneOf("", "", "cart", "a"),
        (@namespace, function, shared) => (
            shared.Length == 0 ? $"own {@namespace} {function}" : $"shared {@namespace} {shared}",
            KeySpace.Of(@namespace, function, new StateStoreAccess { Store = "store", Shared = shared })));

    private static bool IsText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && (!char.IsHighSurrogate(text[i]) || ++i == text.Length || !char.IsLowSurrogate(text[i])))
            {
                return false;
            }
        }

        return true;
    }
}
