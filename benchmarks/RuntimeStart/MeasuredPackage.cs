using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;

namespace RuntimeStart;

/// <summary>A published function, as a manager sends it.</summary>
internal sealed class MeasuredPackage(string folder, string entryPoint)
{
    private readonly (PackageFile File, byte[] Bytes)[] _files =
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(path => !path.EndsWith(".pdb", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(path =>
        {
            var bytes = File.ReadAllBytes(path);
            return (new PackageFile { Path = Path.GetRelativePath(folder, path), Size = bytes.Length, Sha256 = ByteString.CopyFrom(SHA256.HashData(bytes)) }, bytes);
        })];

    /// <summary>The entry point, which names it.</summary>
    public string Name => entryPoint;

    public long Bytes => _files.Sum(file => (long)file.Bytes.Length);

    public List<SpecializeRequest> Claim(string podId, ECDsa key)
    {
        var manifest = new Manifest
        {
            Namespace = "bench", Function = "function", Revision = "1", EntryPoint = entryPoint, Concurrency = 100,
            Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)), Files = { _files.Select(file => file.File) },
        }.ToByteString();
        var claim = new Claim
        {
            ClaimId = Guid.NewGuid().ToString("N"), PodId = podId, Revision = "1", ManifestSha256 = ByteString.CopyFrom(SHA256.HashData(manifest.Span)),
            ExpiresAt = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(1)),
        }.ToByteString();
        List<SpecializeRequest> parts =
            [new() { Header = new() { Claim = claim, Manifest = manifest, Signature = ByteString.CopyFrom(key.SignData(claim.Span, HashAlgorithmName.SHA256)) } }];
        for (var index = 0; index < _files.Length; index++)
        {
            foreach (var chunk in _files[index].Bytes.Chunk(256 << 10))
            {
                parts.Add(new() { Chunk = new() { File = index, Data = UnsafeByteOperations.UnsafeWrap(chunk) } });
            }
        }

        return parts;
    }
}
