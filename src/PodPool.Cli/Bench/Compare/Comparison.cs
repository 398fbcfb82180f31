using PodPool.Cli.Bench.Statistics;

namespace PodPool.Cli.Bench.Compare;

/// <summary>What <c>podpool bench compare --output json</c> prints. Scripts rely on the names.</summary>
/// <param name="Before">The environments that were measured before.</param>
/// <param name="After">Those after.</param>
/// <param name="MinEffect">The least difference that counts, as a fraction.</param>
/// <param name="Alpha">How likely the whole comparison may find a difference where none is.</param>
/// <param name="Runs">One a scenario and mode that both sides have.</param>
/// <param name="OnlyBefore">Scenarios and modes that are not compared: there are none after.</param>
/// <param name="OnlyAfter">As <paramref name="OnlyBefore"/>, the other way round.</param>
internal sealed record Comparison(
    IReadOnlyList<BenchEnvironment> Before,
    IReadOnlyList<BenchEnvironment> After,
    double MinEffect,
    double Alpha,
    IReadOnlyList<ComparedRun> Runs,
    IReadOnlyList<string> OnlyBefore,
    IReadOnlyList<string> OnlyAfter)
{
    public bool IsWorse => Runs.Any(run => run.Verdict == Verdict.Worse);

    /// <summary>Percentiles that are judged: the usual request, and the unlucky one that is not so rare that a run has none.</summary>
    private static readonly double[] Percentiles = [50, 90];

    /// <summary>Compares what both sides have measured; each side is one run or several of the same.</summary>
    public static Comparison Of(IReadOnlyList<BenchReport> before, IReadOnlyList<BenchReport> after, VerdictRules rules)
    {
        var (one, other) = (Group(before), Group(after));
        (string Scenario, string Mode)[] both = [.. one.Keys.Where(other.ContainsKey)];
        double[] pValues = [.. both.Select(key => MannWhitney.PValue(All(one[key]), All(other[key])))];
        var differ = rules.Significant(pValues);
        var more = rules.Significant([.. both.Select(key => MoreErrors(one[key], other[key]))]);
        var confidence = 1 - (rules.Alpha / Math.Max(1, both.Length * Percentiles.Length));
        return new(
            [.. before.Select(report => report.Environment)],
            [.. after.Select(report => report.Environment)],
            rules.MinEffect,
            rules.Alpha,
            [.. both.Select((key, index) => Compare(key, one[key], other[key], pValues[index], differ[index], more[index], confidence, rules))],
            [.. one.Keys.Where(key => !other.ContainsKey(key)).Select(Name)],
            [.. other.Keys.Where(key => !one.ContainsKey(key)).Select(Name)]);
    }

    private static ComparedRun Compare(
        (string Scenario, string Mode) key,
        IReadOnlyList<BenchRun> before,
        IReadOnlyList<BenchRun> after,
        double pValue,
        bool ranksDiffer,
        bool moreErrors,
        double confidence,
        VerdictRules rules)
    {
        IReadOnlyList<double>[] one = [.. Sampled(before)], other = [.. Sampled(after)];
        var points = Percentiles.Select(percentile => Point(percentile, before, after, one, other, ranksDiffer, confidence, rules)).OfType<ComparedPoint>().ToArray();
        var verdicts = points.Select(point => point.Verdict).ToArray();
        var verdict = moreErrors || verdicts.Contains(Verdict.Worse) ? Verdict.Worse
            : verdicts.Length == 0 || verdicts.Contains(Verdict.Unknown) ? Verdict.Unknown
            : verdicts.Contains(Verdict.Better) ? Verdict.Better
            : verdicts.Contains(Verdict.Unclear) ? Verdict.Unclear
            : Verdict.Same;
        return new(
            key.Scenario,
            key.Mode,
            before.Sum(run => run.N),
            after.Sum(run => run.N),
            before.Sum(run => run.Errors),
            after.Sum(run => run.Errors),
            points,
            one.Length == 0 || other.Length == 0 ? null : pValue,
            moreErrors,
            verdict);
    }

    private static ComparedPoint? Point(
        double percentile,
        IReadOnlyList<BenchRun> before,
        IReadOnlyList<BenchRun> after,
        IReadOnlyList<double>[] one,
        IReadOnlyList<double>[] other,
        bool ranksDiffer,
        double confidence,
        VerdictRules rules)
    {
        if (one.Length == 0 || other.Length == 0)
        {
            // A report from before samples were kept: its percentiles can be seen, not judged.
            var (was, became) = (Told(before, percentile), Told(after, percentile));
            return was is null || became is null ? null : new(percentile, was.Value, became.Value, Math.Round(became.Value / was.Value, 3), null, null, Verdict.Unknown);
        }

        var (from, to) = (At(one, percentile), At(other, percentile));
        var interval = BlockBootstrap.Ratio(one, other, percentile, confidence);
        var ratio = to / from;

        // Ranks speak of the usual request; a tail can grow while most are as they were.
        ranksDiffer |= percentile > 50;
        return new(percentile, from, to, Math.Round(ratio, 3), Math.Round(interval.Low, 3), Math.Round(interval.High, 3), rules.Judge(ratio, interval, ranksDiffer));
    }

    private static double MoreErrors(IReadOnlyList<BenchRun> before, IReadOnlyList<BenchRun> after)
    {
        var (was, became) = (before.Sum(run => run.Errors), after.Sum(run => run.Errors));
        return FisherExact.More(was, was + before.Sum(run => run.N), became, became + after.Sum(run => run.N));
    }

    private static double? Told(IReadOnlyList<BenchRun> runs, double percentile)
        => runs.Select(run => run.Ms).OfType<Percentiles>().FirstOrDefault() is { } ms ? percentile.Equals(50) ? ms.P50 : ms.P90 : null;

    private static double At(IReadOnlyList<double>[] runs, double percentile) => QuantileInterval.At([.. runs.SelectMany(samples => samples).Order()], percentile);

    /// <summary>Nothing takes less than the microsecond that is the least a report tells apart: a ratio is always a number.</summary>
    private static IEnumerable<IReadOnlyList<double>> Sampled(IReadOnlyList<BenchRun> runs)
        => runs.Where(run => run.Samples.Count > 0).Select(IReadOnlyList<double> (run) => [.. run.Samples.Select(ms => Math.Max(ms, 0.001))]);

    private static double[] All(IReadOnlyList<BenchRun> runs) => [.. runs.SelectMany(run => run.Samples)];

    private static Dictionary<(string Scenario, string Mode), IReadOnlyList<BenchRun>> Group(IReadOnlyList<BenchReport> reports)
        => reports.SelectMany(report => report.Runs).GroupBy(run => (run.Scenario, run.Mode)).ToDictionary(group => group.Key, IReadOnlyList<BenchRun> (group) => [.. group]);

    private static string Name((string Scenario, string Mode) key) => $"{key.Scenario} {key.Mode}";
}

/// <summary>One scenario and mode, before and after.</summary>
/// <param name="Scenario">Which.</param>
/// <param name="Mode">In which mode.</param>
/// <param name="BeforeN">Requests in the figures.</param>
/// <param name="AfterN">As <paramref name="BeforeN"/>.</param>
/// <param name="BeforeErrors">Requests that failed.</param>
/// <param name="AfterErrors">As <paramref name="BeforeErrors"/>.</param>
/// <param name="Points">The percentiles that are judged.</param>
/// <param name="PValue">Of all latencies, by ranks (Mann and Whitney), as it is; null: there are no samples.</param>
/// <param name="MoreErrors">Whether more requests fail than before, and not by chance.</param>
/// <param name="Verdict">Of all of it.</param>
internal sealed record ComparedRun(
    string Scenario,
    string Mode,
    int BeforeN,
    int AfterN,
    int BeforeErrors,
    int AfterErrors,
    IReadOnlyList<ComparedPoint> Points,
    double? PValue,
    bool MoreErrors,
    Verdict Verdict);

/// <summary>A percentile, before and after.</summary>
/// <param name="Percentile">0 to 100.</param>
/// <param name="BeforeMs">Milliseconds.</param>
/// <param name="AfterMs">Milliseconds.</param>
/// <param name="Ratio">After / before.</param>
/// <param name="Low">Where the ratio lies, all verdicts together as sure as was asked for; null: there are no samples.</param>
/// <param name="High">As <paramref name="Low"/>.</param>
/// <param name="Verdict">Of it alone.</param>
internal sealed record ComparedPoint(double Percentile, double BeforeMs, double AfterMs, double Ratio, double? Low, double? High, Verdict Verdict);
