using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.Caching.Memory;
using PodPool.Contracts.V1;
using PodPool.Manager.Functions;

namespace PodPool.Manager.Claims;

/// <summary>A revision, ready to send: a claim only signs.</summary>
/// <param name="Manifest">Serialized, as its digest was taken.</param>
/// <param name="ManifestDigest">SHA-256.</param>
/// <param name="Files">In the manifest's order.</param>
internal sealed record PreparedRevision(ByteString Manifest, ByteString ManifestDigest, IReadOnlyList<PackageFile> Files);

/// <summary>Prepared revisions, within a limit. One that does not fit is prepared anew for each claim.</summary>
internal sealed class RevisionCache(ManagerOptions options) : IDisposable
{
    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = options.ManifestCacheBytes });

    /// <summary>A revision of a function.</summary>
    public PreparedRevision Get(FunctionRecord record)
    {
        var key = (record.Name, record.Revision);
        if (_cache.TryGetValue(key, out PreparedRevision? prepared))
        {
            return prepared!;
        }

        prepared = Prepare(record);
        return _cache.Set(key, prepared, new MemoryCacheEntryOptions { Size = prepared.Manifest.Length });
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    private PreparedRevision Prepare(FunctionRecord record)
    {
        var manifest = record.ToManifest(options.StartTimeout).ToByteArray();
        return new(UnsafeByteOperations.UnsafeWrap(manifest), UnsafeByteOperations.UnsafeWrap(SHA256.HashData(manifest)), record.Spec.Files);
    }
}
