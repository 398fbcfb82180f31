namespace PodPool.Manager.Packages.Archives;

/// <summary>A file in an archive.</summary>
/// <param name="Name">As the archive writes it.</param>
/// <param name="Size">What the archive says; bytes.</param>
/// <param name="Checksum">CRC-32 of its bytes; null: the archive keeps none.</param>
/// <param name="Open">Its bytes; before the next entry is asked for.</param>
internal readonly record struct ArchiveEntry(string Name, long Size, uint? Checksum, Func<Stream> Open);
