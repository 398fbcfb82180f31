using System.Text.Json;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;

namespace PodPool.Cli.Bench.Compare;

/// <summary>Reports that were written with <c>--results</c> or <c>--output json</c>.</summary>
internal static class SavedReports
{
    /// <summary>One report, or all of a folder: runs of the same, one after the other.</summary>
    /// <exception cref="CliException">There is none, or what is there is none.</exception>
    public static IReadOnlyList<BenchReport> Read(string path)
    {
        try
        {
            if (!Directory.Exists(path))
            {
                return [ReadFile(path)];
            }

            string[] files = [.. Directory.EnumerateFiles(path, "*.json").Order(StringComparer.Ordinal)];
            return files.Length > 0 ? [.. files.Select(ReadFile)] : throw CliException.Usage($"there is no report in the folder '{path}'", "`podpool bench --results DIR` writes one");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"'{path}' cannot be read: {exception.Message}");
        }
    }

    private static BenchReport ReadFile(string file)
    {
        try
        {
            if (JsonOutput.Deserialize<BenchReport>(File.ReadAllText(file)) is { Runs.Count: > 0, Environment: not null } report
                && report.Runs.All(run => run is { Scenario: not null, Mode: not null, Samples: not null }))
            {
                return report;
            }
        }
        catch (JsonException exception)
        {
            throw CliException.Usage($"'{file}' is no report of `podpool bench`: line {exception.LineNumber + 1}, {exception.Path}: {exception.Message}");
        }

        throw CliException.Usage($"'{file}' is no report of `podpool bench`, or one of nothing");
    }
}
