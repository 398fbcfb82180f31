using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Local.Dapr;

/// <summary>Where Dapr is on this machine.</summary>
internal static class DaprdProgram
{
    private static readonly string FileName = OperatingSystem.IsWindows() ? "daprd.exe" : "daprd";

    /// <summary>The sidecar's program: on the PATH, or where Dapr's own command line puts it.</summary>
    /// <exception cref="CliException">There is none.</exception>
    public static string Find(Func<string, string?> environment)
        => (environment("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Append(Path.Combine(Home, "bin"))
            .Select(folder => Path.Combine(folder, FileName)).FirstOrDefault(File.Exists)
            ?? throw CliException.Failed(
                $"--dapr: there is no '{FileName}' on the PATH, nor in '{Path.Combine(Home, "bin")}'", "install Dapr (`dapr init --slim`), or leave out --dapr: functions that use no Dapr need none");

    /// <summary>The folder of components.</summary>
    /// <param name="named">What the command line names; null: where Dapr's own command line keeps them.</param>
    /// <exception cref="CliException">It is not there.</exception>
    public static string Components(string? named)
    {
        var folder = Path.GetFullPath(named ?? Path.Combine(Home, "components"));
        return Directory.Exists(folder) ? folder : throw CliException.Failed(
            $"--dapr: there is no folder '{folder}' with Dapr's components", "name one with --dapr-components DIR; an empty one has no components");
    }

    private static string Home => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dapr");
}
