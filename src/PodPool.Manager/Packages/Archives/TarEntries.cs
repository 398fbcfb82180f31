using System.Formats.Tar;
using System.IO.Compression;

namespace PodPool.Manager.Packages.Archives;

/// <summary>The files of a tar.</summary>
internal static class TarEntries
{
    // Headers, long names, padding. A reader holds one file's in memory at a time.
    private const long HeaderBudget = 1 << 20;
    private const long AllHeadersBudget = 64 << 20;

    /// <summary>The files of a tar that gzip packed.</summary>
    /// <exception cref="InvalidDataException">It is no such tar, or not one of files and folders.</exception>
    public static IEnumerable<ArchiveEntry> ReadPacked(Stream stream)
    {
        using var unpacked = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
        foreach (var entry in Read(unpacked))
        {
            yield return entry;
        }
    }

    /// <summary>The files of a plain tar.</summary>
    /// <exception cref="InvalidDataException">It is no tar, or not one of files and folders.</exception>
    public static IEnumerable<ArchiveEntry> Read(Stream stream)
    {
        using var bounded = new BudgetStream(stream);
        using var tar = new TarReader(bounded, leaveOpen: true);
        var left = AllHeadersBudget;
        while (true)
        {
            // What an entry has is read before the next is asked for: so this reads headers alone.
            var budget = Math.Min(left, HeaderBudget);
            bounded.Left = budget;
            if (tar.GetNextEntry() is not { } entry)
            {
                yield break;
            }

            left -= budget - bounded.Left!.Value;
            bounded.Left = null;
            switch (entry.EntryType)
            {
                case TarEntryType.Directory or TarEntryType.DirectoryList or TarEntryType.GlobalExtendedAttributes:
                    // What such an entry brings along would be read with the next one's header.
                    if (entry.Length > HeaderBudget)
                    {
                        throw new InvalidDataException($"the folder '{Visible.Of(entry.Name)}' has content");
                    }

                    break;
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                    // A tar of "." names every file from there.
                    var name = entry.Name;
                    while (name.StartsWith("./", StringComparison.Ordinal))
                    {
                        name = name[2..];
                    }

                    yield return new(name, entry.Length, null, () => entry.DataStream is { } content ? new BudgetStream(content) : Stream.Null);
                    break;
                default:
                    throw new InvalidDataException($"'{Visible.Of(entry.Name)}' is a {KindOf(entry.EntryType)}");
            }
        }
    }

    private static string KindOf(TarEntryType type) => type switch
    {
        TarEntryType.SymbolicLink => "symbolic link",
        TarEntryType.HardLink => "hard link",
        TarEntryType.BlockDevice or TarEntryType.CharacterDevice => "device",
        TarEntryType.Fifo => "pipe",
        TarEntryType.SparseFile => "sparse file",
        _ => $"'{type}'",
    };
}
