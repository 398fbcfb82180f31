using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;

namespace PodPool.Runtime.Tests.Pods;

/// <summary>A claim as a manager makes it, every part of which a test may spoil.</summary>
internal sealed class TestClaim(Manifest manifest, IReadOnlyList<byte[]> contents, string podId, ECDsa key)
{
    public string Id { get; set; } = Guid.NewGuid().ToString("N");

    public string PodId { get; set; } = podId;

    public string Revision { get; set; } = manifest.Revision;

    public DateTimeOffset ExpiresAt { get; set; } = TimeProvider.System.GetUtcNow().AddMinutes(1);

    public ECDsa Key { get; set; } = key;

    public bool IsSigned { get; set; } = true;

    /// <summary>Changed after the signature.</summary>
    public Manifest Manifest { get; } = manifest;

    public SpecializeRequest Header(Action<Manifest>? changeAfterSigning = null)
    {
        var signed = Manifest.ToByteString();
        var claim = new Claim
        {
            ClaimId = Id, PodId = PodId, Revision = Revision, ManifestSha256 = ByteString.CopyFrom(SHA256.HashData(signed.Span)), ExpiresAt = Timestamp.FromDateTimeOffset(ExpiresAt),
        }.ToByteString();
        var sent = Manifest.Clone();
        changeAfterSigning?.Invoke(sent);
        return new()
        {
            Header = new()
            {
                Claim = claim,
                Manifest = changeAfterSigning is null ? signed : sent.ToByteString(),
                Signature = IsSigned ? ByteString.CopyFrom(Key.SignData(claim.Span, HashAlgorithmName.SHA256)) : ByteString.Empty,
            },
        };
    }

    public IEnumerable<SpecializeRequest> Chunks()
    {
        for (var index = 0; index < contents.Count; index++)
        {
            foreach (var chunk in contents[index].Chunk(PackageLimits.MaxChunk))
            {
                yield return Chunk(index, chunk);
            }
        }
    }

    public IEnumerable<SpecializeRequest> Parts() => Chunks().Prepend(Header());

    public static SpecializeRequest Chunk(int file, byte[] data) => new() { Chunk = new() { File = file, Data = ByteString.CopyFrom(data) } };
}
