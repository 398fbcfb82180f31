using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.DaprProxy.Callers;

/// <summary>Who calls: by the token that the manager gave the instance, and by where the call comes from.</summary>
/// <remarks>A signature is checked once a token; whether its instance lives, at each call.</remarks>
internal sealed class Authenticator(ECDsa key, ICallers callers, TimeProvider time) : IDisposable
{
    /// <summary>More than a node has instances: what is beyond was not asked for lately.</summary>
    private const int Remembered = 4096;

    private readonly MemoryCache _read = new(new MemoryCacheOptions { SizeLimit = Remembered });

    /// <summary>Finds out who calls.</summary>
    /// <param name="text">The token that came with the call; null: none did.</param>
    /// <param name="from">Where it came from; null: a socket without addresses.</param>
    /// <param name="why">Why nobody is known to have called.</param>
    /// <returns>Null: nobody that may call.</returns>
    public Caller? Find(string? text, IPAddress? from, out string why)
    {
        why = "";
        if (text is null)
        {
            why = "there is none: send DAPR_API_TOKEN as dapr-api-token";
            return null;
        }

        if (Read(text) is not { } token)
        {
            why = "it is not signed by this installation's manager";
            return null;
        }

        if (token.ExpiresAt.ToDateTimeOffset() <= time.GetUtcNow())
        {
            why = $"it has expired at {token.ExpiresAt.ToDateTimeOffset():u}";
            return null;
        }

        if (callers.Find(token.PodId) is not { } caller || (caller.Namespace, caller.Function, caller.Revision) != (token.Namespace, token.Function, token.Revision))
        {
            why = $"its instance {token.PodId} of {token.Namespace}/{token.Function} is not on this node, or gone";
            return null;
        }

        if (caller.Address is { } address && (from is null || !address.MapToIPv6().Equals(from.MapToIPv6())))
        {
            why = $"it is the instance {token.PodId}'s, and the call comes from elsewhere";
            return null;
        }

        return caller;
    }

    public void Dispose() => _read.Dispose();

    private DaprToken? Read(string text)
    {
        if (text.Length <= DaprTokens.MaxLength && _read.TryGetValue(text, out DaprToken? known))
        {
            return known;
        }

        // What is no token is not remembered: nobody may fill the memory with it.
        return DaprTokens.TryRead(text, key, out var token)
            ? _read.Set(text, token, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = TimeSpan.FromHours(1) })
            : null;
    }
}
