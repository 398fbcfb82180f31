using System.Security.Cryptography;
using Google.Protobuf;
using PodPool.Contracts.V1;

namespace PodPool.Packaging;

/// <summary>A folder on disk as a package.</summary>
public static class PackageFolder
{
    /// <summary>Every file below a folder, ordered by path.</summary>
    /// <exception cref="PackageException">The folder is not there, or something in it is a link: what a link names may change or lie outside.</exception>
    public static IReadOnlyList<PackageEntry> Read(string folder)
    {
        var root = new DirectoryInfo(folder);
        if (!root.Exists)
        {
            throw new PackageException(new(Reason.PackageInvalid, "", "", $"there is no folder '{folder}'"));
        }

        var entries = new List<PackageEntry>();
        Collect(root, "", entries);
        entries.Sort((left, right) => string.CompareOrdinal(left.Path, right.Path));
        return entries;
    }

    /// <summary>What a file looks like in a package's file list: reads it whole for its digest.</summary>
    public static async Task<PackageFile> DescribeAsync(PackageEntry entry, CancellationToken cancellationToken)
    {
        var stream = entry.Open();
        await using (stream.ConfigureAwait(false))
        {
            var digest = await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false);
            return new PackageFile { Path = entry.Path, Size = entry.Size, Sha256 = UnsafeByteOperations.UnsafeWrap(digest) };
        }
    }

    private static void Collect(DirectoryInfo folder, string prefix, List<PackageEntry> entries)
    {
        foreach (var item in folder.EnumerateFileSystemInfos())
        {
            var path = prefix + item.Name;
            if (item.LinkTarget is not null)
            {
                throw new PackageException(new(
                    Reason.PackageInvalid, path, "", $"'{path}' is a link to '{item.LinkTarget}': put the file itself into the package"));
            }

            if (item is DirectoryInfo inner)
            {
                Collect(inner, path + "/", entries);
            }
            else if (item is FileInfo file)
            {
                entries.Add(new(path, file.Length, file.OpenRead));
            }
        }
    }
}
