using PodPool.Packaging;

namespace PodPool.Cli.Deploy;

/// <summary>
/// What a package may bring but the pod would never load from it: the assemblies that the host shares, and documentation. It is not
/// sent: every byte of a package travels while a first caller waits.
/// </summary>
internal static class HostFiles
{
    /// <summary>The files without those the host has itself (their symbols go with them) and without documentation files.</summary>
    public static List<SourceFile> LeaveOut(IReadOnlyList<SourceFile> files, HostPlatform host)
    {
        var assemblies = files
            .Where(file => file.Path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            .Select(file => Stem(file.Path))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. files.Where(file => !IsShared(file.Path) && !IsDocumentation(file.Path))];

        bool IsShared(string path) => Path.GetExtension(path).ToUpperInvariant() is ".DLL" or ".PDB"
            && !path.Contains('/', StringComparison.Ordinal)
            && host.Shares(Stem(path));

        bool IsDocumentation(string path) => path.EndsWith(".xml", StringComparison.OrdinalIgnoreCase) && assemblies.Contains(Stem(path));
    }

    private static string Stem(string path) => path[..^Path.GetExtension(path).Length];
}
