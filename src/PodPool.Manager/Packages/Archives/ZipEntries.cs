using System.IO.Compression;
using PodPool.Contracts.Packages;

namespace PodPool.Manager.Packages.Archives;

/// <summary>The files of a zip.</summary>
internal static class ZipEntries
{
    // A header is 46 bytes, a name, and fields of a tool's own; and the end of the archive is looked for in its last 64 KiB.
    private const long ListBudget = (PackageLimits.MaxFiles * (46L + PackageLimits.MaxPathBytes + 64)) + (1 << 20);

    // The upper half of the attributes, where the archive comes from a Unix: st_mode.
    private const int KindMask = 0xF000;
    private const int RegularKind = 0x8000;
    private const int FolderKind = 0x4000;

    /// <exception cref="InvalidDataException">It is no zip, or not one of files and folders.</exception>
    public static IEnumerable<ArchiveEntry> Read(Stream stream)
    {
        using var bounded = new BudgetStream(stream) { Left = ListBudget };
        using var zip = new ZipArchive(bounded, ZipArchiveMode.Read, leaveOpen: true);
        var entries = zip.Entries;
        bounded.Left = null;
        foreach (var entry in entries)
        {
            var kind = (entry.ExternalAttributes >> 16) & KindMask;
            if (kind is not (0 or RegularKind or FolderKind))
            {
                throw new InvalidDataException($"'{Visible.Of(entry.FullName)}' is a link or a device");
            }

            if (entry.FullName.EndsWith('/') || kind == FolderKind)
            {
                if (entry.Length > 0)
                {
                    throw new InvalidDataException($"the folder '{Visible.Of(entry.FullName)}' has content");
                }

                continue;
            }

            if (entry.IsEncrypted)
            {
                throw new InvalidDataException($"'{Visible.Of(entry.FullName)}' is encrypted");
            }

            yield return new(entry.FullName, entry.Length, entry.Crc32, entry.Open);
        }
    }
}
