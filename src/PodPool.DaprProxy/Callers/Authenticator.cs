using System.Net;
using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.Extensions.Caching.Memory;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.DaprProxy.Access;

namespace PodPool.DaprProxy.Callers;

/// <summary>Who calls: by the token that the manager gave the instance, and by where the call comes from.</summary>
/// <remarks>A signature is checked once a token; whether its instance lives, at each call.</remarks>
internal sealed class Authenticator(ICallers callers, TimeProvider time) : IDisposable
{
    /// <summary>More than a node has instances: what is beyond was not asked for lately.</summary>
    private const int Remembered = 4096;

    /// <summary>The manager tells of an instance when it claims it, but the instance may be faster than the stream; and a door that has just started knows nothing.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>Who was claimed longer ago than this, both clocks' difference included, is not about to be told of.</summary>
    private static readonly TimeSpan Youth = TimeSpan.FromSeconds(10);

    private readonly MemoryCache _read = new(new MemoryCacheOptions { SizeLimit = Remembered });

    /// <summary>Finds out who calls.</summary>
    /// <param name="text">The token that came with the call; null: none did.</param>
    /// <param name="from">Where it came from; null: a socket without addresses.</param>
    /// <param name="cancellationToken">The caller left.</param>
    /// <returns>The caller; or null, and why nobody is known to have called that may.</returns>
    public async ValueTask<(Caller? Caller, DaprRefusal? Why)> FindAsync(string? text, IPAddress? from, CancellationToken cancellationToken)
    {
        if (text is null)
        {
            return Nobody("there is none: send DAPR_API_TOKEN as dapr-api-token");
        }

        if (callers.Key is null && !await UntilAsync(() => callers.Key is not null, cancellationToken).ConfigureAwait(false))
        {
            return (null, new(503, StatusCode.Unavailable, "ERR_SIDECAR_UNAVAILABLE", "no manager has told the node's door to Dapr yet who may call"));
        }

        if (Read(text) is not { } token)
        {
            return Nobody("it is not signed by this installation's manager");
        }

        if (token.ExpiresAt.ToDateTimeOffset() <= time.GetUtcNow())
        {
            return Nobody($"it has expired at {token.ExpiresAt.ToDateTimeOffset():u}");
        }

        var caller = callers.Find(token.PodId);
        if (caller is null && IsYoung(token) && await UntilAsync(() => callers.Find(token.PodId) is not null, cancellationToken).ConfigureAwait(false))
        {
            caller = callers.Find(token.PodId);
        }

        if (caller is null || (caller.Namespace, caller.Function, caller.Revision) != (token.Namespace, token.Function, token.Revision))
        {
            return Nobody($"its instance {token.PodId} of {token.Namespace}/{token.Function} is not on this node, or gone");
        }

        return caller.Address is { } address && (from is null || !address.MapToIPv6().Equals(from.MapToIPv6()))
            ? Nobody($"it is the instance {token.PodId}'s, and the call comes from elsewhere")
            : (caller, null);
    }

    public void Dispose() => _read.Dispose();

    private static (Caller?, DaprRefusal?) Nobody(string why) => (null, new(401, StatusCode.Unauthenticated, "ERR_UNAUTHORIZED", $"invalid api token: {why}"));

    private bool IsYoung(DaprToken token) => token.IssuedAt is { } issued && (time.GetUtcNow() - issued.ToDateTimeOffset()).Duration() < Youth;

    private async Task<bool> UntilAsync(Func<bool> isSo, CancellationToken cancellationToken)
    {
        using var grace = new CancellationTokenSource(Grace, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, cancellationToken);
        while (!over.IsCancellationRequested)
        {
            var next = callers.NextChange;
            if (isSo())
            {
                return true;
            }

            await next.WaitAsync(over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return false;
    }

    private DaprToken? Read(string text)
    {
        // Another key is another installation's: nothing that was read with this one counts there.
        var key = callers.Key!;
        if (text.Length <= DaprTokens.MaxLength && _read.TryGetValue((key, text), out DaprToken? known))
        {
            return known;
        }

        // What is no token is not remembered: nobody may fill the memory with it.
        return DaprTokens.TryRead(text, key, out var token)
            ? _read.Set((key, text), token, new MemoryCacheEntryOptions { Size = 1, SlidingExpiration = TimeSpan.FromHours(1) })
            : null;
    }
}
