using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Reports;

namespace PodPool.Loading.Benchmarks;

/// <summary>Writes a run to <c>benchmarks/results</c>, with what a reader must know to believe it.</summary>
internal sealed class ResultRecord(string repository, string command)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    // Before the run: afterwards it is the run that loads the machine.
    private readonly string _load = File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
    private readonly string _commit = CommitOf(repository);

    public static string RepositoryFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PodPool.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("PodPool.sln is in no folder above this program: run it from a clone.");
    }

    public void Write(Summary summary)
    {
        var folder = Directory.CreateDirectory(Path.Combine(repository, "benchmarks", "results")).FullName;
        var cells = summary.Reports.Select(report => Cell.Of(summary, report)).ToArray();
        var host = summary.HostEnvironmentInfo;
        var environment = new
        {
            machine = $"{CpuOf(host)}, {Environment.ProcessorCount} processors, {host.Os.Value}",
            runtime = host.RuntimeVersion,
            commit = _commit,
            loadBefore = _load,
            command,
        };
        File.WriteAllText(Path.Combine(folder, "load-matrix.json"), JsonSerializer.Serialize(new { environment, cells }, Json) + "\n");
        File.WriteAllText(Path.Combine(folder, "load-matrix.md"), $"""
            # The ways of loading a function

            From "the files are on disk" to the first answer, in one process each; milliseconds. Ratio: of the medians, to the first row of the sample.

            | | |
            | --- | --- |
            | machine | {environment.machine} |
            | runtime | {environment.runtime} |
            | commit | {environment.commit} |
            | load average before | {environment.loadBefore} |
            | command | `{environment.command}` |

            | sample | code | from | context | host | n | p50 | p90 | max | ratio |
            | --- | --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: |
            {string.Join('\n', cells.Select(cell => cell.ToString()))}

            """);
    }

    private static string CpuOf(HostEnvironmentInfo host) => host.Cpu.Value?.ProcessorName?.Trim() ?? "unknown processor";

    private static string CommitOf(string repository)
    {
        var commit = Git(repository, "rev-parse", "--short=12", "HEAD");
        return Git(repository, "status", "--porcelain", "--untracked-files=no").Length == 0 ? commit : $"{commit}, with changes";
    }

    private static string Git(string repository, params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", repository, .. arguments]) { RedirectStandardOutput = true })!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        return git.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"git {string.Join(' ', arguments)} failed: {git.ExitCode}.");
    }

    /// <summary>One row. Times in milliseconds.</summary>
    private sealed record Cell(string Sample, string Code, string From, string Context, string Host, int N, double P50, double P90, double Max, string Ratio)
    {
        private const double NanosecondsPerMillisecond = 1_000_000;

        public static Cell Of(Summary summary, BenchmarkReport report)
        {
            var statistics = report.ResultStatistics!;
            return new Cell(
                Parameter(nameof(LoadMatrix.Sample)),
                Parameter(nameof(LoadMatrix.Code)),
                Parameter(nameof(LoadMatrix.From)),
                Parameter(nameof(LoadMatrix.Context)),
                Parameter(nameof(LoadMatrix.Host)),
                statistics.N,
                Milliseconds(statistics.Percentiles.P50),
                Milliseconds(statistics.Percentiles.P90),
                Milliseconds(statistics.Max),
                new RatioToPodColumn().GetValue(summary, report.BenchmarkCase));

            string Parameter(string name) => report.BenchmarkCase.Parameters[name].ToString()!;
        }

        public override string ToString()
            => new StringBuilder()
                .Append(CultureInfo.InvariantCulture, $"| {Sample} | {Code} | {From} | {Context} | {Host} ")
                .Append(CultureInfo.InvariantCulture, $"| {N} | {P50:0.0} | {P90:0.0} | {Max:0.0} | {Ratio} |")
                .ToString();

        private static double Milliseconds(double nanoseconds) => Math.Round(nanoseconds / NanosecondsPerMillisecond, 3);
    }
}
