using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Deploy;

/// <summary>What the PATH of a deploy is.</summary>
internal abstract record PackageSource
{
    /// <summary>A project to publish.</summary>
    public sealed record Project(string File) : PackageSource;

    /// <summary>A folder as <c>dotnet publish</c> leaves it.</summary>
    public sealed record Published(string Folder) : PackageSource;

    /// <summary>One assembly; with it goes its folder, or, without a <c>.deps.json</c>, what it references there.</summary>
    public sealed record Assembly(string File) : PackageSource;

    /// <summary>Finds out what a path is.</summary>
    /// <exception cref="CliException">Nothing that can be deployed.</exception>
    public static PackageSource Find(string path)
    {
        var full = Path.GetFullPath(path);
        if (File.Exists(full))
        {
            return Path.GetExtension(full).ToUpperInvariant() switch
            {
                ".CSPROJ" or ".FSPROJ" or ".VBPROJ" => new Project(full),
                ".DLL" => new Assembly(full),
                ".EXE" => throw Refused($"'{path}' is an executable", "deploy the assembly (.dll) beside it, the folder, or the project"),
                ".ZIP" or ".NUPKG" or ".GZ" or ".TAR" => throw Refused($"'{path}' is an archive", "unpack it and deploy the folder"),
                _ => throw Refused($"'{path}' is neither a project, nor an assembly, nor a folder", "deploy a .csproj, a .dll, or a published folder"),
            };
        }

        if (!Directory.Exists(full))
        {
            throw new CliException(ExitCode.Usage, $"there is no '{path}'", "name a project, a published folder, or an assembly");
        }

        var projects = Directory.EnumerateFiles(full)
            .Where(file => Path.GetExtension(file).ToUpperInvariant() is ".CSPROJ" or ".FSPROJ" or ".VBPROJ")
            .Order(StringComparer.Ordinal)
            .ToList();
        if (projects.Count > 1)
        {
            throw new CliException(
                ExitCode.Usage,
                $"'{path}' has {projects.Count} projects: {string.Join(", ", projects.Select(Path.GetFileName))}",
                "name one of them as the PATH");
        }

        return projects.Count == 1 ? new Project(projects[0])
            : Directory.EnumerateFiles(full, "*.dll").Any() ? new Published(full)
            : throw Refused(
                $"'{path}' is no package: it has neither a project nor an assembly in it",
                "deploy a folder with a project, or one that `dotnet publish` left");
    }

    private static CliException Refused(string message, string remedy) => new(ExitCode.Refused, message, remedy, "PACKAGE_INVALID");
}
