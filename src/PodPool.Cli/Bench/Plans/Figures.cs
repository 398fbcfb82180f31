using PodPool.Cli.Bench.Statistics;
using PodPool.Contracts;

namespace PodPool.Cli.Bench.Plans;

/// <summary>What can be said of a load in one number.</summary>
internal static class Figures
{
    private static readonly IReadOnlyDictionary<string, double> PercentilesByName = new Dictionary<string, double>
    {
        ["p50"] = 50,
        ["p90"] = 90,
        ["p95"] = 95,
        ["p99"] = 99,
        ["p999"] = 99.9,
    };

    private static readonly IReadOnlyDictionary<string, Func<BenchRun, double?>> Others = new Dictionary<string, Func<BenchRun, double?>>
    {
        ["max"] = run => run.Ms?.Max,
        ["mean"] = run => run.MeanMs,
        ["n"] = run => run.N,
        ["errors"] = run => run.Errors,
        ["warm"] = run => run.WarmFraction,
        ["misses"] = run => Fraction(run, StartOutcome.Miss),
        ["drift"] = Drift,
    };

    /// <summary>Percentiles and times in ms; <c>warm</c> and <c>misses</c> as fractions; <c>drift</c> as a ratio.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. PercentilesByName.Keys, .. Others.Keys];

    /// <summary>Null: it was not measured.</summary>
    public static double? Of(BenchRun? run, string figure) => run is null
        ? null
        : PercentileOf(figure) is { } percentile
            ? run.Intervals.FirstOrDefault(point => point.Percentile.Equals(percentile))?.Ms
            : Others[figure](run);

    /// <summary>Where it lies in what the sample is of; nothing where that cannot be said.</summary>
    public static (double? Low, double? High) IntervalOf(BenchRun? run, string figure)
        => PercentileOf(figure) is { } percentile && run?.Intervals.FirstOrDefault(point => point.Percentile.Equals(percentile)) is { } point
            ? (point.Low, point.High)
            : default;

    /// <summary>Null: it is no percentile.</summary>
    public static double? PercentileOf(string figure) => PercentilesByName.TryGetValue(figure, out var percentile) ? percentile : null;

    private static double? Fraction(BenchRun run, string start)
        => run.Starts.Count == 0 ? null : run.Starts.GetValueOrDefault(start) / (double)run.Starts.Values.Sum();

    /// <summary>The median of the last quarter in proportion to that of the first: what a soak looks for.</summary>
    private static double? Drift(BenchRun run)
    {
        var quarter = run.Samples.Count / 4;
        return quarter == 0 ? null : Median(run.Samples.TakeLast(quarter)) / Median(run.Samples.Take(quarter));
    }

    private static double Median(IEnumerable<double> samples) => QuantileInterval.At([.. samples.Order()], 50);
}
