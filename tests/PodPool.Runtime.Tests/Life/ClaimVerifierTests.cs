using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts.V1;
using PodPool.Runtime.Life;

namespace PodPool.Runtime.Tests.Life;

public sealed class ClaimVerifierTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-30, true)]
    [InlineData(-30.001, false)]
    [InlineData(0, true)]
    [InlineData(3600, true)]
    public void A_claim_is_good_until_30_seconds_after_its_expiry(double seconds, bool isGood)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var verifier = new ClaimVerifier("pod", key.ExportSubjectPublicKeyInfo(), new FakeTimeProvider(Start));
        var header = Header(key, Timestamp.FromDateTimeOffset(Start.AddSeconds(seconds)));

        if (isGood)
        {
            Assert.Equal("c", verifier.Verify(header).Claim.ClaimId);
        }
        else
        {
            Assert.Equal(Reason.ClaimExpired, Assert.Throws<RefusalException>(() => verifier.Verify(header)).Reason);
        }
    }

    [Fact]
    public void A_claim_without_an_expiry_is_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var verifier = new ClaimVerifier("pod", key.ExportSubjectPublicKeyInfo(), new FakeTimeProvider(Start));

        Assert.Equal(Reason.ClaimExpired, Assert.Throws<RefusalException>(() => verifier.Verify(Header(key, null))).Reason);
    }

    [Fact]
    public void Signed_bytes_that_are_no_claim_are_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var verifier = new ClaimVerifier("pod", key.ExportSubjectPublicKeyInfo(), new FakeTimeProvider(Start));
        byte[] bytes = [0xff, 0xff, 0xff];
        var header = new SpecializeHeader { Claim = ByteString.CopyFrom(bytes), Signature = ByteString.CopyFrom(key.SignData(bytes, HashAlgorithmName.SHA256)) };

        Assert.Equal(Reason.ClaimWrongManifest, Assert.Throws<RefusalException>(() => verifier.Verify(header)).Reason);
    }

    private static SpecializeHeader Header(ECDsa key, Timestamp? expiry)
    {
        var manifest = new Manifest { Revision = "r" }.ToByteString();
        var claim = new Claim { ClaimId = "c", PodId = "pod", Revision = "r", ManifestSha256 = ByteString.CopyFrom(SHA256.HashData(manifest.Span)), ExpiresAt = expiry }.ToByteString();
        return new() { Claim = claim, Manifest = manifest, Signature = ByteString.CopyFrom(key.SignData(claim.Span, HashAlgorithmName.SHA256)) };
    }
}
