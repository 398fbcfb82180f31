using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Google.Protobuf;
using PodPool.Contracts;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Packages;

/// <summary>Files on disk, each under its own digest: the same bytes are stored once, whoever brings them.</summary>
internal sealed partial class PackageStore
{
    private readonly string _files;
    private readonly string _incoming;
    private readonly TimeProvider _time;
    private readonly ILogger<PackageStore> _logger;

    public PackageStore(ManagerOptions options, TimeProvider time, ILogger<PackageStore> logger)
    {
        (_time, _logger) = (time, logger);
        _files = Path.Combine(options.StateFolder, "files");
        _incoming = Path.Combine(options.StateFolder, "incoming");

        // What an earlier manager did not finish to receive is worth nothing.
        if (Directory.Exists(_incoming))
        {
            Directory.Delete(_incoming, recursive: true);
        }

        Directory.CreateDirectory(_incoming);
        Directory.CreateDirectory(_files);
    }

    /// <summary>Whether a file is held whole. One that is asked for is not collected for a while: it is about to be used.</summary>
    public bool Holds(PackageFile file)
    {
        var path = PathOf(file.Sha256);
        if (!IsWhole(path, file.Size))
        {
            return false;
        }

        try
        {
            File.SetLastWriteTimeUtc(path, _time.GetUtcNow().UtcDateTime);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Takes in a file: <see cref="Incoming.WriteAsync"/> its bytes, then <see cref="Incoming.FinishAsync"/>.</summary>
    /// <exception cref="Grpc.Core.RpcException">What is announced is not allowed.</exception>
    public Incoming Receive(PackageFile file)
    {
        if (file.Sha256.Length != SHA256.HashSizeInBytes)
        {
            throw Reason.InvalidArgument.ToException($"a file's sha256 has {file.Sha256.Length} bytes instead of {SHA256.HashSizeInBytes}", ("field", "sha256"));
        }

        if (file.Size is < 0 or > PackageLimits.MaxFileSize)
        {
            throw Reason.PackageTooLarge.ToException($"a file of {file.Size} bytes was announced; {PackageLimits.MaxFileSize} are allowed", ("file", Hex(file.Sha256)));
        }

        return new Incoming(this, file, Path.Combine(_incoming, Guid.NewGuid().ToString("N")));
    }

    /// <summary>A stream over a file that is held.</summary>
    /// <exception cref="FileNotFoundException">It is not held.</exception>
    public FileStream OpenRead(ByteString digest) => new(PathOf(digest), new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.Read | FileShare.Delete,
        Options = FileOptions.SequentialScan | FileOptions.Asynchronous,
    });

    /// <summary>A file turned out not to be what its name says: so it is not held any more, and can be uploaded again.</summary>
    public void Discard(ByteString digest)
    {
        Log.Corrupt(_logger, Hex(digest));
        File.Delete(PathOf(digest));
    }

    /// <summary>Removes files that no function needs and nobody asked for since.</summary>
    /// <param name="needed">Digests of all functions' files.</param>
    /// <param name="keep">How long what belongs to nobody is kept.</param>
    /// <returns>How many were removed.</returns>
    public int Collect(IReadOnlySet<ByteString> needed, TimeSpan keep)
    {
        var oldest = _time.GetUtcNow().UtcDateTime - keep;
        var removed = 0;
        foreach (var file in new DirectoryInfo(_files).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (file.LastWriteTimeUtc < oldest && TryReadDigest(file.Name, out var digest) && !needed.Contains(digest))
            {
                file.Delete();
                removed++;
            }
        }

        if (removed > 0)
        {
            Log.Collected(_logger, removed);
        }

        return removed;
    }

    private static bool TryReadDigest(string name, [NotNullWhen(true)] out ByteString? digest)
    {
        digest = name.Length == 2 * SHA256.HashSizeInBytes && name.All(char.IsAsciiHexDigitLower) ? UnsafeByteOperations.UnsafeWrap(Convert.FromHexString(name)) : null;
        return digest is not null;
    }

    private static string Hex(ByteString digest) => Convert.ToHexStringLower(digest.Span);

    private static bool IsWhole(string path, long size) => new FileInfo(path) is { Exists: true } file && file.Length == size;

    private string PathOf(ByteString digest)
    {
        var name = Hex(digest);
        return Path.Combine(_files, name.Length < 2 ? "--" : name[..2], name);
    }

    /// <summary>A file on its way in. Disposed before it is finished, nothing of it is kept.</summary>
    internal sealed class Incoming(PackageStore store, PackageFile file, string path) : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly FileStream _stream = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
        private long _received;

        /// <exception cref="Grpc.Core.RpcException">More bytes than were announced.</exception>
        public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            _received += bytes.Length;
            if (_received > file.Size)
            {
                throw Reason.DigestMismatch.ToException($"more than the announced {file.Size} bytes came", ("file", Hex(file.Sha256)));
            }

            _hash.AppendData(bytes.Span);
            await _stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }

        /// <summary>Keeps the file, if it is what was announced.</summary>
        /// <exception cref="Grpc.Core.RpcException">It is not.</exception>
        public async Task FinishAsync(CancellationToken cancellationToken)
        {
            var digest = _hash.GetHashAndReset();
            if (_received != file.Size || !file.Sha256.Span.SequenceEqual(digest))
            {
                throw Reason.DigestMismatch.ToException(
                    $"the bytes that came ({_received}, SHA-256 {Convert.ToHexStringLower(digest)}) are not those that were announced ({file.Size}, {Hex(file.Sha256)})",
                    ("file", Hex(file.Sha256)));
            }

            var target = store.PathOf(file.Sha256);
            if (IsWhole(target, file.Size))
            {
                return;
            }

            // Flushed before it gets its name: what has a name is whole, also after the machine went down.
            await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            _stream.Flush(flushToDisk: true);
            await _stream.DisposeAsync().ConfigureAwait(false);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.SetLastWriteTimeUtc(path, store._time.GetUtcNow().UtcDateTime);
            File.Move(path, target, overwrite: true);
        }

        public void Dispose()
        {
            _hash.Dispose();
            _stream.Dispose();
            File.Delete(path);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The stored file {Digest} is damaged; it is removed and must be uploaded again", EventName = "Corrupt")]
        public static partial void Corrupt(ILogger logger, string digest);

        [LoggerMessage(2, LogLevel.Information, "{Count} files that no function needs were removed", EventName = "Collected")]
        public static partial void Collected(ILogger logger, int count);
    }
}
