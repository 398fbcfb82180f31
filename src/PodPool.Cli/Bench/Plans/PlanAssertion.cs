using System.Globalization;
using System.Text.RegularExpressions;
using PodPool.Cli.Bench.Statistics;

namespace PodPool.Cli.Bench.Plans;

/// <summary>A figure of a load: <c>LOAD.FIGURE</c>.</summary>
internal sealed record FigureName(string Mode, string Figure)
{
    public override string ToString() => $"{Mode}.{Figure}";
}

/// <summary>What must hold of a scenario: a figure, or the ratio of two, is no greater (or no less) than a number.</summary>
/// <param name="Of">The figure.</param>
/// <param name="Per">What it is divided by; null: nothing.</param>
/// <param name="AtMost">Whether the bound is above; else below.</param>
/// <param name="Bound">Milliseconds of latencies; else a number or a fraction.</param>
internal sealed partial record PlanAssertion(FigureName Of, FigureName? Per, bool AtMost, double Bound)
{
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Of}{(Per is null ? "" : $" / {Per}")} {(AtMost ? "<=" : ">=")} {Bound:0.######}");

    /// <summary>Reads <c>quiet.p95 &lt;= 50</c>, or <c>contended.quiet.p95 / alone.quiet.p95 &lt;= 1.5</c>; null: it is none.</summary>
    public static PlanAssertion? Parse(string text)
    {
        var match = Form().Match(text);
        return match.Success && double.TryParse(match.Groups["bound"].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound)
            ? new(
                new(match.Groups["mode"].Value, match.Groups["figure"].Value),
                match.Groups["per"].Success ? new(match.Groups["permode"].Value, match.Groups["perfigure"].Value) : null,
                match.Groups["sign"].Value == "<=",
                bound)
            : null;
    }

    /// <summary>Looks at the runs of its scenario. A figure that could not be measured does not hold.</summary>
    public AssertionResult Check(string scenario, IReadOnlyList<BenchRun> runs)
    {
        var (of, per) = (runs.FirstOrDefault(run => run.Mode == Of.Mode), Per is null ? null : runs.FirstOrDefault(run => run.Mode == Per.Mode));
        var value = Figures.Of(of, Of.Figure);
        (double? Low, double? High) interval = Figures.IntervalOf(of, Of.Figure);
        if (Per is not null)
        {
            value = value / Figures.Of(per, Per.Figure) is { } ratio && double.IsFinite(ratio) ? ratio : null;
            interval = value is null ? default : RatioInterval(of!, per!);
        }

        return new(scenario, Text, Round(value), Round(interval.Low), Round(interval.High), value is { } found && (AtMost ? found <= Bound : found >= Bound));
    }

    private (double? Low, double? High) RatioInterval(BenchRun of, BenchRun per)
    {
        if (Of.Figure != Per!.Figure || Figures.PercentileOf(Of.Figure) is not { } percentile || of.Samples.Count == 0 || per.Samples.Count == 0)
        {
            return default;
        }

        return BlockBootstrap.Ratio([per.Samples], [of.Samples], percentile, QuantileInterval.Confidence);
    }

    private static double? Round(double? value) => value is { } number ? Math.Round(number, 3) : null;

    [GeneratedRegex(
        """^\s*(?<mode>[\w.-]+)\.(?<figure>\w+)(?<per>\s*/\s*(?<permode>[\w.-]+)\.(?<perfigure>\w+))?\s*(?<sign><=|>=)\s*(?<bound>[0-9.eE+-]+)\s*$""",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}

/// <summary>Whether what must hold does.</summary>
/// <param name="Scenario">Of which.</param>
/// <param name="Assertion">As written.</param>
/// <param name="Value">What was measured; null: nothing was.</param>
/// <param name="Low">Where the value may be as well, at 95 %; null where that cannot be said.</param>
/// <param name="High">As <paramref name="Low"/>.</param>
/// <param name="Holds">Whether the value is within its bound.</param>
internal sealed record AssertionResult(string Scenario, string Assertion, double? Value, double? Low, double? High, bool Holds);
