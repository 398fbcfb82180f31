using PodPool.Cli.CommandLine;
using PodPool.Cli.Server;
using PodPool.Contracts;
using PodPool.Packaging;

namespace PodPool.Cli.Deploy;

/// <summary>Refuses, before anything is compiled or sent, what could not start.</summary>
internal static class PackageCheck
{
    /// <returns>The entry point as resolved.</returns>
    /// <exception cref="CliException">The package would not start; the message has every reason.</exception>
    public static string EntryPointOf(IReadOnlyList<SourceFile> files, string wanted, HostPlatform host)
    {
        var report = PackageInspector.Inspect([.. files.Select(file => file.ToEntry())], wanted, host);
        if (report.Problems is [var first, ..])
        {
            var message = string.Join(Environment.NewLine, report.Problems.Select(problem => problem.Message).Distinct(StringComparer.Ordinal));
            throw new CliException(ExitCode.Refused, message, Remedies.For(first.Reason), first.Reason.WireName());
        }

        return report.EntryPoint?.ToString() ?? wanted;
    }
}
