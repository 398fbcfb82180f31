using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy.ReadyToRun;
using PodPool.Contracts.Packages;

namespace PodPool.Cli.Deploy;

/// <summary>The files of a folder, by their names in a package.</summary>
internal static class PackageFolder
{
    /// <exception cref="CliException">Something in it cannot be in a package.</exception>
    public static List<PackageEntry> Read(string folder)
    {
        var root = Path.GetFullPath(folder);
        var inside = Resolve(root) + Path.DirectorySeparatorChar;
        List<PackageEntry> files = [];
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(root)]);
        while (folders.TryPop(out var next))
        {
            foreach (var item in next.EnumerateFileSystemInfos())
            {
                var name = Path.GetRelativePath(root, item.FullName).Replace(Path.DirectorySeparatorChar, '/');
                if (item.LinkTarget is { } target)
                {
                    CheckLink(item, name, target, inside);
                }

                if (item is DirectoryInfo directory)
                {
                    folders.Push(directory);
                }
                else
                {
                    files.Add(new(name, item.FullName));
                }

                if (files.Count > PackageLimits.MaxFiles)
                {
                    throw new CliException(
                        ExitCode.Refused,
                        $"'{folder}' has more than {PackageLimits.MaxFiles} files",
                        "deploy the folder that `dotnet publish` left, not one above it",
                        "PACKAGE_TOO_LARGE");
                }
            }
        }

        files.Sort((one, other) => string.CompareOrdinal(one.Path, other.Path));
        return files;
    }

    /// <summary>
    /// What goes with one assembly: its folder, if a <c>.deps.json</c> beside it says that it was published there; else the assemblies
    /// beside it that it references, directly or not.
    /// </summary>
    /// <exception cref="CliException">Something in it cannot be in a package.</exception>
    public static List<PackageEntry> ReadAround(string assembly)
    {
        var folder = Path.GetDirectoryName(assembly)!;
        if (File.Exists(Path.ChangeExtension(assembly, ".deps.json")))
        {
            return Read(folder);
        }

        var found = new SortedDictionary<string, PackageEntry>(StringComparer.Ordinal);
        var todo = new Stack<string>([Path.GetFileNameWithoutExtension(assembly)]);
        while (todo.TryPop(out var name))
        {
            var file = Path.Combine(folder, name + ".dll");
            if (!File.Exists(file) || !found.TryAdd(name + ".dll", new(name + ".dll", file)))
            {
                continue;
            }

            var symbols = Path.ChangeExtension(file, ".pdb");
            if (File.Exists(symbols))
            {
                found.TryAdd(name + ".pdb", new(name + ".pdb", symbols));
            }

            foreach (var reference in ManagedImages.ReferencesOf(file))
            {
                todo.Push(reference);
            }
        }

        return [.. found.Values];
    }

    private static void CheckLink(FileSystemInfo item, string name, string target, string inside)
    {
        var why = item is DirectoryInfo ? "is a link to a folder"
            : item.ResolveLinkTarget(returnFinalTarget: true) is not { Exists: true } final ? "is a link to nothing"
            : !Resolve(final.FullName).StartsWith(inside, StringComparison.Ordinal) ? "is a link that leaves the folder"
            : null;
        if (why is not null)
        {
            throw new CliException(
                ExitCode.Refused,
                $"'{name}' {why} ('{target}')",
                "replace the link by what it points to; a package holds files only",
                "PACKAGE_INVALID");
        }
    }

    /// <summary>The path with every link on it followed, so that a folder reached through a link compares equal to itself.</summary>
    private static string Resolve(string path)
    {
        var resolved = Path.GetPathRoot(path)!;
        foreach (var part in path[resolved.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(resolved, part);
            resolved = Directory.ResolveLinkTarget(next, returnFinalTarget: true)?.FullName ?? next;
        }

        return resolved;
    }
}
