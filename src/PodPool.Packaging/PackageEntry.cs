namespace PodPool.Packaging;

/// <summary>One file of a package, wherever its bytes are.</summary>
/// <param name="Path">Relative, with <c>/</c> between names.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Open">A new readable, seekable stream over the bytes; whoever calls disposes it.</param>
public sealed record PackageEntry(string Path, long Size, Func<Stream> Open);
