using PodPool.Packaging;

namespace PodPool.Cli.Deploy;

/// <summary>A file that goes into a package.</summary>
/// <param name="Path">Its name in the package: relative, with '/'.</param>
/// <param name="File">Where its bytes are on this machine.</param>
internal sealed record SourceFile(string Path, string File)
{
    public PackageEntry ToEntry() => new(Path, new FileInfo(File).Length, () => System.IO.File.OpenRead(File));
}
