using System.Runtime.InteropServices;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Deploy;

/// <summary>Portable runtime identifiers: what a package's native code is made for.</summary>
internal static class Runtimes
{
    /// <summary>This machine's, e.g. <c>linux-x64</c>.</summary>
    public static string Current { get; } = $"{System()}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

    /// <summary>The names by which the ReadyToRun compiler knows a runtime identifier's two halves.</summary>
    /// <exception cref="CliException">It is none that a pool runs.</exception>
    public static (string System, string Architecture) Target(string runtimeIdentifier)
    {
        var dash = runtimeIdentifier.LastIndexOf('-');
        var system = dash < 0 ? "" : runtimeIdentifier[..dash] switch
        {
            "linux" or "linux-musl" => "linux",
            "osx" => "osx",
            "win" => "windows",
            _ => "",
        };
        return system.Length > 0 && runtimeIdentifier[(dash + 1)..] is "x64" or "arm64" or "arm" or "x86"
            ? (system, runtimeIdentifier[(dash + 1)..])
            : throw CliException.Usage($"'{runtimeIdentifier}' is no runtime that a pool runs", "write e.g. linux-x64 or linux-arm64");
    }

    private static string System()
    {
        // The identifier of a distribution's own build names the distribution; packages are made for the portable one.
        var musl = RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal)
            || RuntimeInformation.RuntimeIdentifier.StartsWith("alpine", StringComparison.Ordinal);
        return OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : musl ? "linux-musl" : "linux";
    }
}
