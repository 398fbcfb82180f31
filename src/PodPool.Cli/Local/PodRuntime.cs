using System.Diagnostics;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Local;

/// <summary>The generic pod's program, which is built beside this one.</summary>
internal static class PodRuntime
{
    /// <summary>The folder with the pod's program and the assemblies that it shares with functions.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "runtime");

    /// <summary>The program.</summary>
    public static string Executable { get; } = Path.Combine(Folder, "PodPool.Runtime" + (OperatingSystem.IsWindows() ? ".exe" : ""));

    /// <exception cref="CliException">It is not there.</exception>
    public static ProcessStartInfo StartInfo() => File.Exists(Executable)
        ? new(Executable)
        : throw CliException.Failed($"the pod's program is missing: '{Executable}'", "build src/PodPool.Cli again, or install the tool again");
}
