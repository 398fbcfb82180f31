using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace PodPool.Benchmarks;

/// <summary>What a reader must know to believe a result. Read before the run: afterwards it is the run that loads the machine.</summary>
/// <param name="Machine">Processors and operating system.</param>
/// <param name="Runtime">The version of .NET.</param>
/// <param name="Commit">Of the source tree, and whether it was changed.</param>
/// <param name="LoadBefore">The load average of the minute before the run.</param>
/// <param name="Command">What was typed.</param>
internal sealed record Provenance(string Machine, string Runtime, string Commit, string LoadBefore, string Command)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Of this machine and source tree, now.</summary>
    /// <param name="project">The folder in <c>benchmarks</c>.</param>
    /// <param name="args">The arguments it was run with.</param>
    public static Provenance Read(string project, IEnumerable<string> args) => new(
        $"{Environment.ProcessorCount} × {Processor()}, {RuntimeInformation.OSDescription}",
        Environment.Version.ToString(),
        ReadCommit(),
        File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown",
        $"dotnet run -c Release --project benchmarks/{project} -- {string.Join(' ', args)}");

    /// <summary>The folder of the solution.</summary>
    /// <exception cref="InvalidOperationException">The program does not run from a clone.</exception>
    public static string RepositoryFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PodPool.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("PodPool.sln is in no folder above this program: run it from a clone.");
    }

    /// <summary>Writes <c>benchmarks/results/NAME.json</c> and <c>.md</c>, replacing what an earlier run wrote.</summary>
    /// <param name="name">Of the files.</param>
    /// <param name="title">The heading.</param>
    /// <param name="intro">What was measured, and in what.</param>
    /// <param name="columns">The table's columns; all but the first <paramref name="names"/> are numbers.</param>
    /// <param name="names">How many columns are names.</param>
    /// <param name="rows">The table's cells.</param>
    /// <param name="data">The same for programs.</param>
    public void Write(string name, string title, string intro, string[] columns, int names, IEnumerable<string[]> rows, object data)
    {
        var folder = Directory.CreateDirectory(Path.Combine(RepositoryFolder(), "benchmarks", "results")).FullName;
        File.WriteAllText(Path.Combine(folder, name + ".json"), JsonSerializer.Serialize(new { environment = this, rows = data }, Json) + "\n");
        File.WriteAllText(Path.Combine(folder, name + ".md"), $"""
            # {title}

            {intro}

            | | |
            | --- | --- |
            | machine | {Machine} |
            | runtime | {Runtime} |
            | commit | {Commit} |
            | load average before | {LoadBefore} |
            | command | `{Command}` |

            {Row(columns)}
            {Row(columns.Select((_, column) => column < names ? "---" : "---:"))}
            {string.Join('\n', rows.Select(Row))}

            """);
    }

    /// <summary>A number for a table.</summary>
    public static string Show(double value, string format = "0.0") => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Row(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static string Processor()
    {
        const string Cpus = "/proc/cpuinfo";
        var line = File.Exists(Cpus) ? File.ReadLines(Cpus).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? "unknown processor" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static string ReadCommit()
    {
        var repository = RepositoryFolder();
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
}
