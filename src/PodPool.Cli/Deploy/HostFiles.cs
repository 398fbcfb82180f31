using System.Reflection;

namespace PodPool.Cli.Deploy;

/// <summary>
/// What the pod has itself and gives every function: the shared framework, <c>PodPool.Functions</c> and what that shows of
/// CloudEvents. It would never be loaded from a package, so it is not sent.
/// </summary>
internal static class HostFiles
{
    private static readonly string[] OfOurs = ["PodPool.Functions", "CloudNative.CloudEvents"];

    private static readonly Lazy<HashSet<string>> Framework = new(() => DotNetCli.SharedFramework
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.dll"))
        .Select(file => Path.GetFileNameWithoutExtension(file))
        .ToHashSet(StringComparer.OrdinalIgnoreCase));

    /// <summary>
    /// The files without those the host shares (their symbols and documentation go with them), without a self-contained publish's own
    /// runtime, and without documentation files. A shared assembly that is newer than the host's stays: it is refused by name.
    /// </summary>
    public static List<PackageEntry> LeaveOut(IReadOnlyList<PackageEntry> files)
    {
        var ofRuntime = files
            .Where(file => file.Path.EndsWith(".deps.json", StringComparison.OrdinalIgnoreCase) && !file.Path.Contains('/', StringComparison.Ordinal))
            .SelectMany(file => DependencyFile.RuntimePackFiles(file.File))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var assemblies = files
            .Where(file => file.Path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
            .Select(file => file.Path[..^".dll".Length])
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var shared = files
            .Where(file => IsRootAssembly(file.Path) && IsShared(file))
            .Select(file => file.Path[..^".dll".Length])
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. files.Where(file => !IsLeftOut(file.Path))];

        bool IsLeftOut(string path)
        {
            var extension = Path.GetExtension(path).ToUpperInvariant();
            var stem = path[..(path.Length - extension.Length)];
            return (extension is ".DLL" or ".PDB" or ".XML" && shared.Contains(stem))
                || (extension is ".XML" && assemblies.Contains(stem))
                || (!path.Contains('/', StringComparison.Ordinal) && ofRuntime.Contains(path));
        }
    }

    private static bool IsRootAssembly(string path)
        => path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) && !path.Contains('/', StringComparison.Ordinal);

    private static bool IsShared(PackageEntry file)
    {
        var name = Path.GetFileNameWithoutExtension(file.Path);
        if (OfOurs.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return true;
        }

        return Framework.Value.Contains(name) && VersionOf(file.File) is { } own && VersionOf(FrameworkFile(name)) is { } hosts && own <= hosts;
    }

    private static string FrameworkFile(string name)
        => DotNetCli.SharedFramework.Select(folder => Path.Combine(folder, name + ".dll")).First(File.Exists);

    private static Version? VersionOf(string file)
    {
        try
        {
            return AssemblyName.GetAssemblyName(file).Version;
        }
        catch (BadImageFormatException)
        {
            return null;
        }
    }
}
