using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Manager.Packages.Registries;

namespace PodPool.Manager.Packages;

/// <summary>Which files a reference means, on disk: what is pinned by its digest means the same for ever.</summary>
internal sealed partial class ResolvedPackages
{
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly ILogger<ResolvedPackages> _logger;

    public ResolvedPackages(ManagerOptions options, TimeProvider time, ILogger<ResolvedPackages> logger)
    {
        (_folder, _time, _logger) = (Path.Combine(options.StateFolder, "resolved"), time, logger);
        Directory.CreateDirectory(_folder);
    }

    /// <summary>What was kept; null: nothing, or nothing that can be trusted, which is removed.</summary>
    public ResolvedPackage? Find(PackageReference reference)
    {
        var path = PathOf(reference);
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            if (Read(File.ReadAllBytes(path), reference.Key) is { } resolved)
            {
                File.SetLastWriteTimeUtc(path, _time.GetUtcNow().UtcDateTime);
                return resolved;
            }

            Log.Corrupt(_logger, path);
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotRead(_logger, path, exception.Message);
        }

        return null;
    }

    /// <summary>Keeps what a reference means; a disk that cannot is logged, the package is good all the same.</summary>
    public void Keep(PackageReference reference, ResolvedPackage resolved)
    {
        var path = PathOf(reference);
        var incoming = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(incoming, Write(resolved, reference.Key));
            File.Move(incoming, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotKept(_logger, path, exception.Message);
        }
    }

    /// <summary>Removes what nobody asked for since.</summary>
    /// <returns>How many were removed.</returns>
    public int Collect(TimeSpan keep)
    {
        var oldest = _time.GetUtcNow().UtcDateTime - keep;
        var removed = 0;
        foreach (var file in new DirectoryInfo(_folder).EnumerateFiles().Where(file => file.LastWriteTimeUtc < oldest))
        {
            file.Delete();
            removed++;
        }

        return removed;
    }

    private string PathOf(PackageReference reference) => Path.Combine(_folder, reference.Key);

    /// <summary>The digest of the key and the rest, then the rest: so that neither decay nor a file under another's name is taken for the truth.</summary>
    private static byte[] Write(ResolvedPackage resolved, string key)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("entryPoint", resolved.Config.EntryPoint);
            json.WriteString("target", resolved.Config.Target);
            json.WriteStartArray("files");
            foreach (var file in resolved.Files)
            {
                json.WriteStartArray();
                json.WriteStringValue(file.Path);
                json.WriteNumberValue(file.Size);
                json.WriteBase64StringValue(file.Sha256.Span);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        var rest = stream.ToArray();
        return [.. Digest(key, rest), .. rest];
    }

    private static ResolvedPackage? Read(byte[] bytes, string key)
    {
        if (bytes.Length < SHA256.HashSizeInBytes || !bytes.AsSpan(0, SHA256.HashSizeInBytes).SequenceEqual(Digest(key, bytes.AsSpan(SHA256.HashSizeInBytes))))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(bytes.AsMemory(SHA256.HashSizeInBytes));
            var root = document.RootElement;
            var files = root.GetProperty("files").EnumerateArray()
                .Select(file => new PackageFile { Path = file[0].GetString(), Size = file[1].GetInt64(), Sha256 = ByteString.CopyFrom(file[2].GetBytesFromBase64()) })
                .ToList();
            return PackageRules.Check(files) is null
                ? new(files, new(root.GetProperty("entryPoint").GetString()!, root.GetProperty("target").GetString()!))
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException or ArgumentNullException)
        {
            // Written by a manager of another version.
            return null;
        }
    }

    private static byte[] Digest(string key, ReadOnlySpan<byte> rest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(key));
        hash.AppendData(rest);
        return hash.GetHashAndReset();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The file list '{Path}' is damaged; it is removed and asked for again", EventName = "Corrupt")]
        public static partial void Corrupt(ILogger logger, string path);

        [LoggerMessage(2, LogLevel.Warning, "The file list '{Path}' cannot be read: {Message}", EventName = "NotRead")]
        public static partial void NotRead(ILogger logger, string path, string message);

        [LoggerMessage(3, LogLevel.Warning, "The file list '{Path}' cannot be kept: {Message}", EventName = "NotKept")]
        public static partial void NotKept(ILogger logger, string path, string message);
    }
}
