using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.Caching.Memory;
using Name = PodPool.Core.FunctionName;

namespace PodPool.Manager.Claims;

/// <summary>A start profile, ready to send.</summary>
/// <param name="Bytes">Empty: the start is too short to be worth one.</param>
/// <param name="Digest">SHA-256; empty with no bytes.</param>
internal sealed record StoredProfile(ByteString Bytes, ByteString Digest)
{
    /// <summary>Neither to be sent nor to be recorded.</summary>
    public static StoredProfile None { get; } = new(ByteString.Empty, ByteString.Empty);

    public static StoredProfile Of(byte[] bytes) => bytes.Length == 0
        ? None
        : new(UnsafeByteOperations.UnsafeWrap(bytes), UnsafeByteOperations.UnsafeWrap(SHA256.HashData(bytes)));
}

/// <summary>
/// Start profiles, one for a revision and a runtime, kept on disk. A function's instance made it: so it is given to instances of the
/// same function and revision alone.
/// </summary>
internal sealed partial class ProfileStore : IDisposable
{
    private const long CacheBytes = 32 << 20;

    /// <summary>What an entry costs beside its bytes, about.</summary>
    private const int Overhead = 200;

    private readonly string _folder;
    private readonly ILogger<ProfileStore> _logger;
    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = CacheBytes });

    public ProfileStore(ManagerOptions options, ILogger<ProfileStore> logger)
    {
        (_folder, _logger) = (Path.Combine(options.StateFolder, "profiles"), logger);
        Directory.CreateDirectory(_folder);
    }

    /// <summary>The profile; null: none was recorded.</summary>
    public StoredProfile? Find(Name function, string revision, string runtime)
    {
        var path = PathOf(function, revision, runtime);
        if (_cache.TryGetValue(path, out StoredProfile? known))
        {
            return known;
        }

        try
        {
            return File.Exists(path) ? Remember(path, StoredProfile.Of(File.ReadAllBytes(path))) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotRead(_logger, path, exception.Message);
            return null;
        }
    }

    /// <summary>Keeps a profile, and forgets those of the function's other revisions.</summary>
    public void Keep(Name function, string revision, string runtime, ByteString profile)
    {
        var path = PathOf(function, revision, runtime);
        var bytes = profile.ToByteArray();
        Remember(path, StoredProfile.Of(bytes));
        try
        {
            var folder = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            foreach (var other in folder.EnumerateFiles().Where(file => !file.Name.StartsWith(revision + "@", StringComparison.Ordinal)))
            {
                _cache.Remove(other.FullName);
                other.Delete();
            }

            File.WriteAllBytes(path + ".tmp", bytes);
            File.Move(path + ".tmp", path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotKept(_logger, path, exception.Message);
        }
    }

    /// <summary>Forgets everything of a function.</summary>
    public void Forget(Name function)
    {
        var folder = new DirectoryInfo(FolderOf(function));
        if (folder.Exists)
        {
            foreach (var file in folder.EnumerateFiles())
            {
                _cache.Remove(file.FullName);
            }

            folder.Delete(recursive: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    private StoredProfile Remember(string path, StoredProfile profile)
        => _cache.Set(path, profile, new MemoryCacheEntryOptions { Size = profile.Bytes.Length + Overhead });

    private string FolderOf(Name function) => Path.Combine(_folder, $"{function.Namespace}.{function.Name}");

    private string PathOf(Name function, string revision, string runtime) => Path.Combine(FolderOf(function), $"{revision}@{runtime}");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The start profile '{Path}' cannot be read: {Message}", EventName = "NotRead")]
        public static partial void NotRead(ILogger logger, string path, string message);

        [LoggerMessage(2, LogLevel.Warning, "The start profile '{Path}' cannot be written: {Message}", EventName = "NotKept")]
        public static partial void NotKept(ILogger logger, string path, string message);
    }
}
