using PodPool.Contracts.V1;

namespace PodPool.Runtime.Loading;

/// <summary>A package's files on this pod.</summary>
internal sealed class Package(string folder, IReadOnlyList<PackageFile> files)
{
    private readonly HashSet<string> _paths = files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);

    public string Folder => folder;

    public bool Has(string path) => _paths.Contains(path);

    /// <summary>Whether some files are for some platforms only.</summary>
    public bool HasPlatformFiles { get; } = files.Any(file => file.Path.StartsWith("runtimes/", StringComparison.Ordinal));

    public string FullPath(string path) => Path.Combine(folder, path);

    /// <summary>The assemblies at the top of the package, for messages.</summary>
    public string Assemblies()
    {
        var names = _paths.Where(path => !path.Contains('/') && path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToArray();
        return names.Length switch
        {
            0 => "no assembly at all",
            <= 10 => string.Join(", ", names),
            _ => $"{string.Join(", ", names.Take(10))} and {names.Length - 10} more",
        };
    }
}
