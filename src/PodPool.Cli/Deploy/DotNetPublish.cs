using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Deploy;

/// <summary>Publishes a project as a function needs it: for one runtime, without that runtime, untrimmed, in many files.</summary>
internal static class DotNetPublish
{
    private const int LinesShown = 20;

    /// <exception cref="CliException">The build failed; the message has its errors.</exception>
    public static async Task RunAsync(
        string project, string runtimeIdentifier, string? framework, string output, CancellationToken cancellationToken)
    {
        // ReadyToRun is left to our own compiler afterwards, also where the project asks for it: it keeps what it compiled, so that
        // only the project's own assemblies are compiled again at the next deploy, and it needs no download of the whole runtime.
        List<string> arguments =
        [
            "publish", project, "--configuration", "Release", "--runtime", runtimeIdentifier, "--self-contained", "false", "--output", output,
            "--nologo", "--verbosity", "quiet", "-nodeReuse:false", "-consoleLoggerParameters:NoSummary",
            "-property:UseAppHost=false", "-property:PublishSingleFile=false", "-property:PublishTrimmed=false", "-property:PublishAot=false",
            "-property:PublishReadyToRun=false", "-property:UseSharedCompilation=false",
        ];
        if (framework is not null)
        {
            arguments.AddRange(["--framework", framework]);
        }

        var result = await DotNetCli.RunAsync(Path.GetDirectoryName(project)!, arguments, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw new CliException(
                ExitCode.Refused,
                $"`dotnet publish` of {project} failed:{Environment.NewLine}{string.Join(Environment.NewLine, Errors(result.Lines))}",
                RemedyFor(result.Lines));
        }
    }

    private static IEnumerable<string> Errors(IReadOnlyList<string> lines)
    {
        var errors = lines
            .Where(line => line.Contains(": error ", StringComparison.Ordinal) || line.StartsWith("error ", StringComparison.OrdinalIgnoreCase))
            .Select(WithoutProject)
            .Distinct(StringComparer.Ordinal)
            .ToList();
        return errors.Count > 0 ? errors.Take(LinesShown) : lines.Where(line => line.Length > 0).TakeLast(LinesShown);
    }

    /// <summary>MSBuild ends each line with the project in brackets; the message names it already.</summary>
    private static string WithoutProject(string line)
    {
        var bracket = line.EndsWith(']') ? line.LastIndexOf(" [", StringComparison.Ordinal) : -1;
        return "  " + (bracket > 0 ? line[..bracket] : line).Trim();
    }

    private static string RemedyFor(IReadOnlyList<string> lines)
    {
        bool Says(string code) => lines.Any(line => line.Contains(code, StringComparison.Ordinal));
        return Says("NETSDK1129") ? "the project builds for several frameworks: choose one with --framework net10.0"
            : Says("NETSDK1045") ? "the project wants a newer .NET than the SDK of this machine; set <TargetFramework>net10.0</TargetFramework>"
            : Says("No .NET SDKs were found") ? "install the .NET 10 SDK: https://dot.net"
            : Says("NU1101") || Says("NU1301") ? "see that the package sources can be reached, or deploy a folder that was published elsewhere"
            : "repair the project until `dotnet publish` succeeds, then deploy again";
    }
}
