using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using PodPool.Contracts.V1;

namespace PodPool.Runtime.Life;

/// <summary>Says whether a claim is the manager's, for this pod, for this manifest, and still good.</summary>
internal sealed class ClaimVerifier : IDisposable
{
    /// <summary>How far the manager's clock may be from the pod's.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly string _podId;
    private readonly ECDsa _key;
    private readonly TimeProvider _time;
    private readonly Lock _keyInUse = new();

    /// <param name="podId">Whom claims must be for.</param>
    /// <param name="publicKey">SubjectPublicKeyInfo.</param>
    /// <param name="time">What expiry is measured against.</param>
    public ClaimVerifier(string podId, byte[] publicKey, TimeProvider time)
    {
        _podId = podId;
        _time = time;
        _key = ECDsa.Create();
        _key.ImportSubjectPublicKeyInfo(publicKey, out _);

        // The first verification with a key costs a millisecond of OpenSSL's set-up: paid here, not by a caller.
        _key.VerifyData(ReadOnlySpan<byte>.Empty, new byte[64], HashAlgorithmName.SHA256);
    }

    /// <summary>The claim and the manifest, once they are proven.</summary>
    /// <exception cref="RefusalException">CLAIM_UNSIGNED, CLAIM_WRONG_POD, CLAIM_WRONG_MANIFEST or CLAIM_EXPIRED.</exception>
    public (Claim Claim, Manifest Manifest) Verify(SpecializeHeader header)
    {
        if (!IsSigned(header))
        {
            throw new RefusalException(
                Reason.ClaimUnsigned,
                header.Signature.IsEmpty ? "the claim has no signature" : "the claim's signature does not verify with the key this pod was given",
                ("pod", _podId));
        }

        var claim = Parse(Claim.Parser, header.Claim, "claim");
        if (claim.PodId != _podId)
        {
            throw new RefusalException(
                Reason.ClaimWrongPod, $"the claim is for pod {claim.PodId}, this is pod {_podId}", ("pod", _podId), ("claimed_pod", claim.PodId));
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(header.Manifest.Span, digest);
        if (!digest.SequenceEqual(claim.ManifestSha256.Span))
        {
            throw new RefusalException(Reason.ClaimWrongManifest, "the manifest is not the one that was signed", ("pod", _podId));
        }

        var now = _time.GetUtcNow();
        if (claim.ExpiresAt is null || claim.ExpiresAt.ToDateTimeOffset() + Skew < now)
        {
            var expiry = claim.ExpiresAt is null ? "has no expiry" : string.Create(
                CultureInfo.InvariantCulture, $"expired at {claim.ExpiresAt.ToDateTimeOffset():O}; this pod's clock says {now:O}");
            throw new RefusalException(Reason.ClaimExpired, $"the claim {expiry}", ("pod", _podId));
        }

        var manifest = Parse(Manifest.Parser, header.Manifest, "manifest");
        return claim.Revision == manifest.Revision
            ? (claim, manifest)
            : throw new RefusalException(
                Reason.ClaimWrongManifest, $"the claim is for revision {claim.Revision}, the manifest for revision {manifest.Revision}", ("pod", _podId));
    }

    public void Dispose() => _key.Dispose();

    private bool IsSigned(SpecializeHeader header)
    {
        // Keys make no promise for use by several threads at once.
        lock (_keyInUse)
        {
            return _key.VerifyData(header.Claim.Span, header.Signature.Span, HashAlgorithmName.SHA256);
        }
    }

    private static T Parse<T>(MessageParser<T> parser, ByteString bytes, string what)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new RefusalException(Reason.ClaimWrongManifest, $"the {what} cannot be read: {exception.Message}", exception);
        }
    }
}
