using System.Buffers;
using System.Security.Cryptography;
using Google.Protobuf;
using PodPool.Contracts.Packages;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Packages.Archives;

/// <summary>
/// Takes the files out of a zip, a tar.gz or a tar. It is read twice: once to see that all of it is allowed and what its files' digests are, then to store
/// those that are not held. So nothing of an archive that is refused stays, and nothing has a path but its digest.
/// </summary>
internal sealed class ArchiveReader(PackageStore store)
{
    private const int CopyBytes = 128 << 10;
    private const int TarBlock = 512;
    private const int TarMagicAt = 257;

    /// <summary>Stores an archive's files.</summary>
    /// <param name="path">The archive.</param>
    /// <returns>The files, ordered by path.</returns>
    /// <exception cref="PackageSourceException">It is no archive, or no package; the message is for the end of another.</exception>
    public Task<IReadOnlyList<PackageFile>> StoreAsync(string path, CancellationToken cancellationToken)
        => Task.Run<IReadOnlyList<PackageFile>>(
            async () =>
            {
                var files = List(path, cancellationToken);
                var missing = files.Where(file => !store.Holds(file)).DistinctBy(file => file.Sha256).ToDictionary(file => file.Path);
                if (missing.Count > 0)
                {
                    await StoreAsync(path, missing, cancellationToken).ConfigureAwait(false);
                }

                return files;
            },
            cancellationToken);

    private static List<PackageFile> List(string path, CancellationToken cancellationToken)
    {
        var files = new List<PackageFile>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            long total = 0;
            using var archive = OpenRead(path);
            foreach (var entry in Guarded(EntriesOf(archive)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                CheckHead(entry, files.Count, names);
                if ((total += entry.Size) > PackageLimits.MaxPackageSize)
                {
                    throw TooLarge($"its files have more than {PackageLimits.MaxPackageSize} bytes together");
                }

                files.Add(new() { Path = entry.Name, Size = entry.Size, Sha256 = ByteString.CopyFrom(Hash(entry, buffer, cancellationToken)) });
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        files.Sort((one, other) => string.CompareOrdinal(one.Path, other.Path));
        if (PackageRules.Check(files) is { } fault)
        {
            throw Registries.PackageManifest.OfFault(fault);
        }

        RefuseSingleFolder(files);
        return files;
    }

    private async Task StoreAsync(string path, Dictionary<string, PackageFile> missing, CancellationToken cancellationToken)
    {
        var buffer = new byte[CopyBytes];
        using var archive = OpenRead(path);
        foreach (var entry in Guarded(EntriesOf(archive)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!missing.Remove(entry.Name, out var file))
            {
                // A tar goes on where its entry ends.
                Skip(entry, buffer, cancellationToken);
                continue;
            }

            using var incoming = store.Receive(file);
            using var content = Reading(entry.Open, entry.Name);
            while (Reading(() => content.Read(buffer), entry.Name) is > 0 and var read)
            {
                await incoming.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }

            await incoming.FinishAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static FileStream OpenRead(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, CopyBytes, FileOptions.SequentialScan);

    /// <summary>What an archive is, by its content: a name says nothing.</summary>
    private static IEnumerable<ArchiveEntry> EntriesOf(FileStream archive)
    {
        var head = new byte[TarBlock];
        var length = archive.ReadAtLeast(head, TarBlock, throwOnEndOfStream: false);
        archive.Position = 0;
        return head.AsSpan(0, length) switch
        {
            [(byte)'P', (byte)'K', 3 or 5, 4 or 6, ..] => ZipEntries.Read(archive),
            [0x1f, 0x8b, ..] => TarEntries.ReadPacked(archive),
            { Length: TarBlock } block when block[TarMagicAt..].StartsWith("ustar"u8) => TarEntries.Read(archive),
            _ => throw Invalid("it is neither a zip nor a tar.gz nor a tar: pack the published files as one of them (cd publish && zip -r ../package.zip .)"),
        };
    }

    private static void CheckHead(ArchiveEntry entry, int count, HashSet<string> names)
    {
        if (count == PackageLimits.MaxFiles)
        {
            throw TooLarge($"it has more than {PackageLimits.MaxFiles} files");
        }

        if (!PackageRules.IsSafePath(entry.Name, out var why))
        {
            throw Invalid($"the file name '{Visible.Of(entry.Name)}' {why}: pack the published files with paths relative to their folder");
        }

        if (!names.Add(entry.Name))
        {
            throw Invalid($"'{Visible.Of(entry.Name)}' is in it twice (names that differ in case alone are one on some systems)");
        }

        if (entry.Size > PackageLimits.MaxFileSize)
        {
            throw TooLarge($"'{Visible.Of(entry.Name)}' has {entry.Size} bytes; {PackageLimits.MaxFileSize} are allowed");
        }
    }

    /// <summary>Reads a file as long as it says it is: what goes on beyond that is refused, however small it was packed.</summary>
    private static byte[] Hash(ArchiveEntry entry, byte[] buffer, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var content = Reading(entry.Open, entry.Name);
        var checksum = new Crc32();
        long total = 0;
        while (Reading(() => content.Read(buffer), entry.Name) is > 0 and var read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            total += read;
            if (total > entry.Size)
            {
                break;
            }

            hash.AppendData(buffer, 0, read);
            if (entry.Checksum is not null)
            {
                checksum.Append(buffer.AsSpan(0, read));
            }
        }

        // The framework cuts a file of a zip where the archive says it ends: that it goes on shows in its checksum alone.
        if (entry.Checksum is { } expected && total == entry.Size && checksum.Value != expected)
        {
            throw Invalid($"'{Visible.Of(entry.Name)}' has another checksum than the archive says: it is damaged, or made to do harm");
        }

        return total == entry.Size
            ? hash.GetHashAndReset()
            : throw Invalid($"'{Visible.Of(entry.Name)}' has {(total > entry.Size ? "more" : "fewer")} than the {entry.Size} bytes that the archive says: it is damaged, or made to do harm");
    }

    private static void Skip(ArchiveEntry entry, byte[] buffer, CancellationToken cancellationToken)
    {
        using var content = Reading(entry.Open, entry.Name);
        while (Reading(() => content.Read(buffer), entry.Name) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A package in a folder of its own would have no assembly where one is looked for.</summary>
    private static void RefuseSingleFolder(List<PackageFile> files)
    {
        var slash = files[0].Path.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && files[0].Path[..(slash + 1)] is var folder && files.TrueForAll(file => file.Path.StartsWith(folder, StringComparison.Ordinal)))
        {
            throw Invalid(
                $"all its files are in the folder '{Visible.Of(folder)}': the files must be at the top, as 'dotnet publish' leaves them in its folder (cd publish && zip -r ../package.zip .)");
        }
    }

    private static IEnumerable<ArchiveEntry> Guarded(IEnumerable<ArchiveEntry> entries)
    {
        using var entry = entries.GetEnumerator();
        while (Reading(entry.MoveNext, null))
        {
            yield return entry.Current;
        }
    }

    /// <summary>What the framework's readers throw at content that is not as it should be is many things.</summary>
    private static T Reading<T>(Func<T> read, string? name)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or FormatException or InvalidOperationException or NotSupportedException or ArgumentException or OverflowException or OutOfMemoryException)
        {
            throw Invalid(name is null ? $"it cannot be read: {Visible.Of(exception.Message.TrimEnd('.'))}" : $"'{Visible.Of(name)}' cannot be read: {Visible.Of(exception.Message.TrimEnd('.'))}", exception);
        }
    }

    private static PackageSourceException Invalid(string why, Exception? inner = null) => new(PackageProblem.PackageInvalid, why, inner);

    private static PackageSourceException TooLarge(string why) => new(PackageProblem.PackageTooLarge, why);
}
