using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Runtime.Life;

/// <summary>Says whether a claim or an order is the manager's, for this pod, for these files, and still good.</summary>
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

    /// <summary>The claim, the manifest and the start profile (null: there is none), once they are proven.</summary>
    /// <exception cref="RefusalException">CLAIM_UNSIGNED, CLAIM_WRONG_POD, CLAIM_WRONG_MANIFEST or CLAIM_EXPIRED.</exception>
    public (Claim Claim, Manifest Manifest, StartProfile? Profile) Verify(SpecializeHeader header)
    {
        RequireSignature(header.Claim.Span, header.Signature, "claim");
        var claim = Parse(Claim.Parser, header.Claim, "claim");
        RequireThisPod(claim.PodId, "claim");
        RequireDigest(header.Manifest, claim.ManifestSha256, "manifest");
        if (header.Profile.Length > 0 || claim.ProfileSha256.Length > 0)
        {
            RequireDigest(header.Profile, claim.ProfileSha256, "start profile");
        }

        RequireFresh(claim.ExpiresAt, "claim");
        var manifest = Parse(Manifest.Parser, header.Manifest, "manifest");
        return claim.Revision == manifest.Revision
            ? (claim, manifest, header.Profile.IsEmpty ? null : Parse(StartProfile.Parser, header.Profile, "start profile"))
            : throw new RefusalException(
                Reason.ClaimWrongManifest, $"the claim is for revision {claim.Revision}, the manifest for revision {manifest.Revision}", ("pod", _podId));
    }

    /// <summary>The order, once it is proven.</summary>
    /// <exception cref="RefusalException">CLAIM_UNSIGNED, CLAIM_WRONG_POD or CLAIM_EXPIRED.</exception>
    public PrefetchOrder Verify(PrefetchHeader header)
    {
        RequireSignature(SignedOrder.OfPrefetch(header.Order.Span), header.Signature, "order");
        var order = Parse(PrefetchOrder.Parser, header.Order, "order");
        RequireThisPod(order.PodId, "order");
        RequireFresh(order.ExpiresAt, "order");
        return order;
    }

    public void Dispose() => _key.Dispose();

    private void RequireSignature(ReadOnlySpan<byte> signed, ByteString signature, string what)
    {
        // Keys make no promise for use by several threads at once.
        bool isSigned;
        lock (_keyInUse)
        {
            isSigned = _key.VerifyData(signed, signature.Span, HashAlgorithmName.SHA256);
        }

        if (!isSigned)
        {
            throw new RefusalException(
                Reason.ClaimUnsigned,
                signature.IsEmpty ? $"the {what} has no signature" : $"the {what}'s signature does not verify with the key this pod was given",
                ("pod", _podId));
        }
    }

    private void RequireDigest(ByteString bytes, ByteString signed, string what)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes.Span, digest);
        if (!digest.SequenceEqual(signed.Span))
        {
            throw new RefusalException(Reason.ClaimWrongManifest, $"the {what} is not the one that was signed", ("pod", _podId));
        }
    }

    private void RequireThisPod(string podId, string what)
    {
        if (podId != _podId)
        {
            throw new RefusalException(Reason.ClaimWrongPod, $"the {what} is for pod {podId}, this is pod {_podId}", ("pod", _podId), ("claimed_pod", podId));
        }
    }

    private void RequireFresh(Timestamp? expiresAt, string what)
    {
        var now = _time.GetUtcNow();
        if (expiresAt is null || expiresAt.ToDateTimeOffset() + Skew < now)
        {
            var expiry = expiresAt is null ? "has no expiry" : string.Create(
                CultureInfo.InvariantCulture, $"expired at {expiresAt.ToDateTimeOffset():O}; this pod's clock says {now:O}");
            throw new RefusalException(Reason.ClaimExpired, $"the {what} {expiry}", ("pod", _podId));
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
