using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy.ReadyToRun;
using PodPool.Cli.Server;
using PodPool.Contracts;
using PodPool.Packaging;

namespace PodPool.Cli.Deploy;

/// <summary>The files of a package where <c>dotnet publish</c> or a build left them.</summary>
internal static class PublishedFolder
{
    /// <exception cref="CliException">Something in it cannot be in a package.</exception>
    public static IReadOnlyList<SourceFile> Read(string folder)
    {
        try
        {
            return [.. PackageFolder.Read(folder).Select(entry => new SourceFile(entry.Path, Path.Combine(folder, entry.Path)))];
        }
        catch (PackageException exception)
        {
            var problem = exception.Problem;
            throw new CliException(ExitCode.Refused, problem.Message, Remedies.For(problem.Reason), problem.Reason.WireName(), exception);
        }
    }

    /// <summary>
    /// What goes with one assembly: its folder, if a <c>.deps.json</c> beside it says that it was published there; else the assemblies
    /// beside it that it references, directly or not.
    /// </summary>
    /// <exception cref="CliException">Something in it cannot be in a package.</exception>
    public static IReadOnlyList<SourceFile> ReadAround(string assembly)
    {
        var folder = Path.GetDirectoryName(assembly)!;
        if (File.Exists(Path.ChangeExtension(assembly, ".deps.json")))
        {
            return Read(folder);
        }

        var found = new SortedDictionary<string, SourceFile>(StringComparer.Ordinal);
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
}
