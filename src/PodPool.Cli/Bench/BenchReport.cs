namespace PodPool.Cli.Bench;

/// <summary>What <c>podpool bench --output json</c> prints. Scripts rely on the names.</summary>
/// <param name="Environment">Under which conditions.</param>
/// <param name="Runs">One a scenario and mode.</param>
/// <param name="Ratios">One a scenario.</param>
/// <param name="Interrupted">Whether it was told to end early: <see cref="BenchRun.N"/> may be less than was asked for.</param>
internal sealed record BenchReport(BenchEnvironment Environment, IReadOnlyList<BenchRun> Runs, IReadOnlyList<BenchRatio> Ratios, bool Interrupted);

/// <summary>One scenario in one mode.</summary>
/// <param name="Scenario">What was called.</param>
/// <param name="Mode">pooled, warm or no-pool.</param>
/// <param name="N">Requests that were answered, and are in the percentiles.</param>
/// <param name="Errors">Requests that were not answered with a success; in no percentile.</param>
/// <param name="WarmFraction">The part of them that found an instance; null where none is said.</param>
/// <param name="Starts">Requests by how they found their instance.</param>
/// <param name="Ms">The latency at the client; null without one answer.</param>
/// <param name="Phases">Where the time of the starts went.</param>
/// <param name="ErrorMessages">Some of the errors.</param>
internal sealed record BenchRun(
    string Scenario,
    string Mode,
    int N,
    int Errors,
    double? WarmFraction,
    IReadOnlyDictionary<string, int> Starts,
    Percentiles? Ms,
    IReadOnlyDictionary<string, Percentiles> Phases,
    IReadOnlyList<string> ErrorMessages);

/// <summary>How the modes of one scenario compare, at the median.</summary>
/// <param name="Scenario">Which.</param>
/// <param name="NoPoolToPooled">How many times longer a first request takes without a pool.</param>
/// <param name="PooledToWarm">How many times longer a first request takes than the next one.</param>
internal sealed record BenchRatio(string Scenario, double? NoPoolToPooled, double? PooledToWarm)
{
    public static IReadOnlyList<BenchRatio> Of(IEnumerable<BenchRun> runs) =>
    [
        .. runs.GroupBy(run => run.Scenario).Select(scenario =>
        {
            double? Median(string mode) => scenario.FirstOrDefault(run => run.Mode == mode)?.Ms?.P50;
            return new BenchRatio(
                scenario.Key,
                Divide(Median(BenchMode.NoPool), Median(BenchMode.Pooled)),
                Divide(Median(BenchMode.Pooled), Median(BenchMode.Warm)));
        }),
    ];

    private static double? Divide(double? one, double? other) => one is { } && other is > 0 ? Math.Round(one.Value / other.Value, 2) : null;
}

/// <summary>The names of modes.</summary>
internal static class BenchMode
{
    /// <summary>A first request, started from a warm pod.</summary>
    public const string Pooled = "pooled";

    /// <summary>The request after a first one, on the same instance.</summary>
    public const string Warm = "warm";

    /// <summary>A first request that waits for a fresh process.</summary>
    public const string NoPool = "no-pool";
}
