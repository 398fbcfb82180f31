using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Google.Protobuf;
using PodPool.Contracts.V1;

namespace PodPool.Contracts.Wire;

/// <summary>
/// A <see cref="DaprToken"/> as text: <c>podpool.TOKEN.SIGNATURE</c>, both parts in base64url; the signature is ECDSA P-256 with SHA-256 over
/// <see cref="SignedOrder.OfDaprToken"/>, in IEEE P1363 form. It goes wherever Dapr's own token goes: a variable, a header, gRPC metadata.
/// </summary>
public static class DaprTokens
{
    /// <summary>A token is never longer; what is, is none.</summary>
    public const int MaxLength = 1024;

    private const string Beginning = "podpool.";

    /// <summary>Signs a token.</summary>
    /// <param name="token">What it says.</param>
    /// <param name="sign">Signs bytes with the manager's private key.</param>
    public static string Write(DaprToken token, Func<byte[], byte[]> sign)
    {
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(sign);
        var bytes = token.ToByteArray();
        return $"{Beginning}{Base64Url.EncodeToString(bytes)}.{Base64Url.EncodeToString(sign(SignedOrder.OfDaprToken(bytes)))}";
    }

    /// <summary>Reads a token that somebody sent. Whether it has expired is the caller's to see.</summary>
    /// <param name="text">What was sent.</param>
    /// <param name="key">The manager's public key.</param>
    /// <param name="token">What it says.</param>
    /// <returns>False: it is no token, or nobody with the manager's private key signed it.</returns>
    public static bool TryRead([NotNullWhen(true)] string? text, ECDsa key, [NotNullWhen(true)] out DaprToken? token)
    {
        ArgumentNullException.ThrowIfNull(key);
        token = null;
        if (text is null or { Length: > MaxLength } || !text.StartsWith(Beginning, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = text.AsSpan(Beginning.Length);
        if (rest.IndexOf('.') is not (> 0 and var dot) || Decode(rest[..dot]) is not { } bytes || Decode(rest[(dot + 1)..]) is not { } signature
            || !key.VerifyData(SignedOrder.OfDaprToken(bytes), signature, HashAlgorithmName.SHA256))
        {
            return false;
        }

        // The manager's own work by now: it parses.
        token = DaprToken.Parser.ParseFrom(bytes);
        return true;
    }

    private static byte[]? Decode(ReadOnlySpan<char> text) => Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
}
