using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using PodPool.Cli.Deploy;
using PodPool.Cli.Local;

namespace PodPool.Cli.Bench;

/// <summary>Under which conditions something was measured.</summary>
/// <param name="At">When the run began.</param>
/// <param name="Command">The command line.</param>
/// <param name="Version">Of PodPool.</param>
/// <param name="Commit">Of the source tree, with "-dirty" if it was changed; null outside of one.</param>
/// <param name="Dotnet">The runtime's version.</param>
/// <param name="OperatingSystem">Name and version.</param>
/// <param name="Architecture">Of the process.</param>
/// <param name="Processor">The model's name.</param>
/// <param name="Processors">As many as this process may use.</param>
/// <param name="MemoryBytes">Of the machine, or what this process may use of it.</param>
/// <param name="Server">Which platform was measured.</param>
/// <param name="PoolSize">Its warm pods.</param>
/// <param name="Arrivals">How requests came.</param>
/// <param name="RatePerSecond">Of open-loop arrivals.</param>
/// <param name="Warmup">First requests a scenario that were made before, and are in no figure; of loads, which have their own each, the most.</param>
internal sealed record BenchEnvironment(
    DateTimeOffset At,
    string Command,
    string Version,
    string? Commit,
    string Dotnet,
    string OperatingSystem,
    string Architecture,
    string Processor,
    int Processors,
    long MemoryBytes,
    string Server,
    int PoolSize,
    string Arrivals,
    double? RatePerSecond,
    int Warmup)
{
    public static async Task<BenchEnvironment> ReadAsync(
        DateTimeOffset now, string server, int poolSize, BenchSettings settings, CancellationToken cancellationToken) => new(
        now,
        CommandLine(),
        typeof(BenchEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
        await CommitAsync(cancellationToken).ConfigureAwait(false),
        System.Environment.Version.ToString(),
        RuntimeInformation.OSDescription,
        RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
        ProcessorName(),
        System.Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        server,
        poolSize,
        settings.Arrivals switch
        {
            ArrivalKind.Poisson => "poisson",
            ArrivalKind.Constant => "constant",
            _ => "one-at-a-time",
        },
        settings.Arrivals == ArrivalKind.OneAtATime ? null : settings.Rate,
        settings.Warmup);

    /// <summary>As a person would type it: no folder of this machine in it.</summary>
    private static string CommandLine() => string.Join(' ', System.Environment.GetCommandLineArgs().Skip(1).Prepend("podpool"));

    private static string ProcessorName()
    {
        const string Cpus = "/proc/cpuinfo";
        var line = File.Exists(Cpus)
            ? File.ReadLines(Cpus).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : System.Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return line is null ? "unknown" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private static async Task<string?> CommitAsync(CancellationToken cancellationToken)
    {
        if (RepositoryFolder.Find() is not { } folder)
        {
            return null;
        }

        try
        {
            var commit = await Tool.RunAsync(
                "git", ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"], folder, new Dictionary<string, string?>(), cancellationToken).ConfigureAwait(false);
            return commit is { ExitCode: 0, Lines: [var line, ..] } ? line : null;
        }
        catch (Cli.CommandLine.CliException)
        {
            // A source tree without git.
            return null;
        }
    }

    /// <summary>What <see cref="Arrivals"/> is when each scenario has its own.</summary>
    public const string AsScenariosSay = "as the scenarios say";

    /// <summary>"2 × Intel …, linux x64, .NET 10.0.12".</summary>
    public string Show() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Processors} × {Processor}, {MemoryBytes / (double)(1L << 30):0.#} GiB, {OperatingSystem}, {Architecture}, .NET {Dotnet}");
}
