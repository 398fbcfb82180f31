using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;
using PodPool.Runtime.Life;

namespace PodPool.Runtime.Loader;

/// <summary>Writes a package's files as their chunks arrive, and checks size and digest on the way.</summary>
/// <remarks>
/// Nothing is written outside the folder: names were checked by <see cref="PackageRules"/>, folders and files are made anew and
/// never opened through what is already there, be it a file or a link.
/// </remarks>
internal sealed class PackageReceiver(string folder, IReadOnlyList<PackageFile> files) : IDisposable
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
    /// <exception cref="RefusalException">PACKAGE_INVALID, DIGEST_MISMATCH, FILE_MISSING or STORAGE_FULL.</exception>
    public async Task ReceiveAsync(IAsyncStreamReader<SpecializeRequest> parts, CancellationToken cancellationToken)
    {
        try
        {
            WriteEmptyFiles();
            while (_next < files.Count)
            {
                if (!await parts.MoveNext(cancellationToken).ConfigureAwait(false))
                {
                    throw Missing();
                }

                if (parts.Current.PartCase != SpecializeRequest.PartOneofCase.Chunk)
                {
                    throw new RefusalException(Reason.PackageInvalid, "only the first message of the stream is a header; all others are file chunks");
                }

                Write(parts.Current.Chunk);
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
        if (chunk.File != _next)
        {
            throw chunk.File > _next && chunk.File < files.Count ? Missing() : new RefusalException(
                Reason.PackageInvalid, $"a chunk is for file {chunk.File}, expected {_next}: files come in the manifest's order, each whole");
        }

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

    private FileStream Create(string path)
    {
        var slash = path.LastIndexOf('/');
        if (slash > 0)
        {
            CreateFolder(path[..slash]);
        }

        try
        {
            // CreateNew is O_CREAT|O_EXCL: it fails on whatever is there and follows no link.
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = Mode;
            }

            return new FileStream(Path.Combine(folder, path), options);
        }
        catch (IOException exception) when (Path.Exists(Path.Combine(folder, path)) || IsLink(Path.Combine(folder, path)))
        {
            throw new RefusalException(
                Reason.PackageInvalid, $"'{path}' is already in the pod's folder; a file is never written over or through a link", exception, ("file", path));
        }
    }

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
        if (Path.Exists(full) || IsLink(full))
        {
            throw new RefusalException(
                Reason.PackageInvalid, $"'{path}' is already in the pod's folder; a folder is never entered through a link", ("file", path));
        }

        Directory.CreateDirectory(full);
    }

    private static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;

    private RefusalException Missing() => new(
        Reason.FileMissing,
        _written == 0 ? $"'{CurrentPath()}' was not sent" : $"only {_written} of {files[_next].Size} bytes of '{CurrentPath()}' were sent",
        ("file", CurrentPath()));

    private string CurrentPath() => _next < files.Count ? files[_next].Path : "";
}
