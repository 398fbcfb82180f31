using PodPool.Contracts.V1;

namespace PodPool.Contracts.Wire;

/// <summary>What is signed of an order, so that no signature is good for two kinds of message.</summary>
public static class SignedOrder
{
    private static ReadOnlySpan<byte> PrefetchContext => "podpool.v1.PrefetchOrder\0"u8;

    private static ReadOnlySpan<byte> DaprTokenContext => "podpool.v1.DaprToken\0"u8;

    /// <summary>The bytes that the signature of a <see cref="PrefetchHeader"/> is over.</summary>
    /// <param name="order">A serialized <see cref="PrefetchOrder"/>.</param>
    public static byte[] OfPrefetch(ReadOnlySpan<byte> order) => [.. PrefetchContext, .. order];

    /// <summary>The bytes that the signature of a token is over.</summary>
    /// <param name="token">A serialized <see cref="DaprToken"/>.</param>
    public static byte[] OfDaprToken(ReadOnlySpan<byte> token) => [.. DaprTokenContext, .. token];
}
