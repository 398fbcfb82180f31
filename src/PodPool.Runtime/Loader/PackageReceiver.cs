using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Runtime.Life;

namespace PodPool.Runtime.Loader;

/// <summary>Writes a package's files as their chunks arrive, and checks size and digest on the way; what was there before comes from there.</summary>
/// <remarks>
/// Nothing is written outside the folder: names were checked by <see cref="PackageRules"/>, folders and files are made anew and
/// never opened through what is already there, be it a file or a link.
/// </remarks>
/// <param name="folder">Where files go.</param>
/// <param name="files">Which.</param>
/// <param name="take">Brings a file that was not sent to its place, if the pod holds it; false: it does not.</param>
internal sealed class PackageReceiver(string folder, IReadOnlyList<PackageFile> files, Func<PackageFile, string, bool> take) : IDisposable
{
    private const int DiskFull = 28;
    private const int QuotaExceeded = 122;
    private const int DiskFullHResult = unchecked((int)0x80070070);
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly HashSet<string> _folders = new(StringComparer.Ordinal);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private FileStream? _open;
    private long _written;
    private int _next;

    /// <summary>Receives until all files are there.</summary>
    /// <param name="parts">What comes after the header.</param>
    /// <param name="chunkOf">The chunk that a message is; null: it is none.</param>
    /// <param name="cancellationToken">Ends the receiving.</param>
    /// <exception cref="RefusalException">PACKAGE_INVALID, DIGEST_MISMATCH, FILE_MISSING or STORAGE_FULL.</exception>
    public async Task ReceiveAsync<T>(IAsyncStreamReader<T> parts, Func<T, FileChunk?> chunkOf, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            WriteEmptyFiles();
            while (_next < files.Count)
            {
                if (!await parts.MoveNext(cancellationToken).ConfigureAwait(false))
                {
                    TakeUpTo(files.Count);
                    return;
                }

                Write(chunkOf(parts.Current) ?? throw new RefusalException(
                    Reason.PackageInvalid, "only the first message of the stream is a header; all others are file chunks"));
            }
        }
        catch (IOException exception) when (exception.HResult is DiskFull or QuotaExceeded or DiskFullHResult)
        {
            throw new RefusalException(
                Reason.StorageFull, $"the pod's storage is full: the package has {files.Sum(file => file.Size)} bytes", exception, ("file", CurrentPath()));
        }
    }

    public void Dispose()
    {
        _open?.Dispose();
        _hash.Dispose();
    }

    private void Write(FileChunk chunk)
    {
        if (chunk.File < _next || chunk.File >= files.Count)
        {
            throw new RefusalException(
                Reason.PackageInvalid, $"a chunk is for file {chunk.File}, expected {_next}: files come in the manifest's order, each whole");
        }

        TakeUpTo(chunk.File);

        if (chunk.Data.Length > PackageLimits.MaxChunk)
        {
            throw new RefusalException(Reason.PackageInvalid, $"a chunk of {chunk.Data.Length} bytes; {PackageLimits.MaxChunk} are allowed");
        }

        var file = files[_next];
        if (_written + chunk.Data.Length > file.Size)
        {
            throw new RefusalException(
                Reason.DigestMismatch, $"'{file.Path}' was announced with {file.Size} bytes, but more arrive", ("file", file.Path));
        }

        _open ??= Create(file.Path);
        _open.Write(chunk.Data.Span);
        _hash.AppendData(chunk.Data.Span);
        _written += chunk.Data.Length;
        if (_written == file.Size)
        {
            Finish(file);
            WriteEmptyFiles();
        }
    }

    /// <summary>The files before this one were not sent: so the pod must hold them.</summary>
    private void TakeUpTo(int file)
    {
        while (_next < file)
        {
            var missing = files[_next];
            if (missing.Size == 0)
            {
                WriteEmptyFiles();
                continue;
            }

            var full = Place(missing.Path);
            try
            {
                if (_written > 0 || !take(missing, full))
                {
                    throw Missing();
                }
            }
            catch (IOException exception) when (IsThere(full))
            {
                throw InTheWay(missing.Path, exception);
            }

            _next++;
        }
    }

    /// <summary>No chunk comes for a file of no bytes.</summary>
    private void WriteEmptyFiles()
    {
        while (_next < files.Count && files[_next].Size == 0)
        {
            _open = Create(files[_next].Path);
            Finish(files[_next]);
        }
    }

    private void Finish(PackageFile file)
    {
        _open!.Dispose();
        _open = null;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(digest);
        if (!digest.SequenceEqual(file.Sha256.Span))
        {
            throw new RefusalException(
                Reason.DigestMismatch,
                $"the bytes of '{file.Path}' have SHA-256 {Convert.ToHexStringLower(digest)}, announced was {Convert.ToHexStringLower(file.Sha256.Span)}",
                ("file", file.Path));
        }

        _written = 0;
        _next++;
    }

    /// <summary>The full path of a file whose folder is there.</summary>
    private string Place(string path)
    {
        var slash = path.LastIndexOf('/');
        if (slash > 0)
        {
            CreateFolder(path[..slash]);
        }

        return Path.Combine(folder, path);
    }

    private FileStream Create(string path)
    {
        var full = Place(path);
        try
        {
            // CreateNew is O_CREAT|O_EXCL: it fails on whatever is there and follows no link.
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = Mode;
            }

            return new FileStream(full, options);
        }
        catch (IOException exception) when (IsThere(full))
        {
            throw InTheWay(path, exception);
        }
    }

    private static RefusalException InTheWay(string path, IOException exception) => new(
        Reason.PackageInvalid, $"'{path}' is already in the pod's folder; a file is never written over or through a link", exception, ("file", path));

    private void CreateFolder(string path)
    {
        if (!_folders.Add(path))
        {
            return;
        }

        var slash = path.LastIndexOf('/');
        if (slash > 0)
        {
            CreateFolder(path[..slash]);
        }

        var full = Path.Combine(folder, path);
        if (IsThere(full))
        {
            throw new RefusalException(
                Reason.PackageInvalid, $"'{path}' is already in the pod's folder; a folder is never entered through a link", ("file", path));
        }

        Directory.CreateDirectory(full);
    }

    private static bool IsThere(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;

    private RefusalException Missing() => new(
        Reason.FileMissing,
        _written == 0 ? $"'{CurrentPath()}' was not sent" : $"only {_written} of {files[_next].Size} bytes of '{CurrentPath()}' were sent",
        ("file", CurrentPath()));

    private string CurrentPath() => _next < files.Count ? files[_next].Path : "";
}
