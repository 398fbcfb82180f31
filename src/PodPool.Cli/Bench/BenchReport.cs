using System.Text.Json.Serialization;
using PodPool.Cli.Bench.Plans;
using PodPool.Cli.Bench.Statistics;
using PodPool.Cli.Output;

namespace PodPool.Cli.Bench;

/// <summary>What <c>podpool bench --output json</c> prints. Scripts rely on the names.</summary>
/// <param name="Environment">Under which conditions.</param>
/// <param name="Runs">One a scenario and mode.</param>
/// <param name="Ratios">One a scenario.</param>
/// <param name="Interrupted">Whether it was told to end early: <see cref="BenchRun.N"/> may be less than was asked for.</param>
internal sealed record BenchReport(BenchEnvironment Environment, IReadOnlyList<BenchRun> Runs, IReadOnlyList<BenchRatio> Ratios, bool Interrupted)
{
    /// <summary>What the scenarios say must hold, and whether it does.</summary>
    public IReadOnlyList<AssertionResult> Assertions { get; init; } = [];

    /// <summary>The pool while it was measured, one a scenario; none where there is no pool to see.</summary>
    public IReadOnlyList<PoolTimeline> Timelines { get; init; } = [];

    /// <summary>Whether all that must hold does, and no request failed; of loads whose failures are spoken of in an assertion, that decides.</summary>
    [JsonIgnore]
    public bool IsAsWanted => Assertions.All(assertion => assertion.Holds)
        && Runs.All(run => run.Errors == 0 || Assertions.Any(assertion =>
            assertion.Scenario == run.Scenario && assertion.Assertion.StartsWith($"{run.Mode}.errors ", StringComparison.Ordinal)));
}

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
    IReadOnlyList<string> ErrorMessages)
{
    /// <summary>Requests before, that are in no figure.</summary>
    public int Warmup { get; init; }

    /// <summary>Of all latencies.</summary>
    public double? MeanMs { get; init; }

    /// <summary>The mean of each part of a latency; they add up to <see cref="MeanMs"/>. Empty where nobody tells parts.</summary>
    public IReadOnlyDictionary<string, double> PhaseMeansMs { get; init; } = new Dictionary<string, double>();

    /// <summary>How sure the percentiles are.</summary>
    public IReadOnlyList<QuantileInterval> Intervals { get; init; } = [];

    /// <summary>Milliseconds, in the order in which requests were due; of more than 20,000 a random part.</summary>
    [JsonConverter(typeof(CompactNumbers))]
    public IReadOnlyList<double> Samples { get; init; } = [];
}

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
                Divide(Median(BenchMode.Pooled) ?? Median(BenchMode.First), Median(BenchMode.Warm)));
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

    /// <summary>A first request to what is no pool of ours.</summary>
    public const string First = "first";
}
