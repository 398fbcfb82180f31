using System.Globalization;
using System.Text;
using PodPool.Cli.Bench.Statistics;

namespace PodPool.Cli.Bench;

/// <summary>A report as Markdown: for a repository that keeps its results, or a comment on a change.</summary>
internal static class MarkdownReport
{
    private static readonly double[] Percentiles = [50, 90, 95, 99];

    public static string Render(BenchReport report)
    {
        var page = new StringBuilder();
        var environment = report.Environment;
        Table(
            page,
            ["", ""],
            [
                ["machine", environment.Show()],
                ["measured", environment.PoolSize > 0 ? $"{environment.Server}, {Whole(environment.PoolSize)} warm pods" : environment.Server],
                ["commit", environment.Commit ?? environment.Version],
                ["began", environment.At.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)],
                ["command", $"`{environment.Command}`"],
            ],
            names: 2);
        if (report.Interrupted)
        {
            page.Append("Interrupted: what was measured by then.\n\n");
        }

        page.Append("Milliseconds at the client; in brackets where the percentile lies at 95 %, “…” where there are too few requests to say.\n\n");
        Table(
            page,
            ["scenario", "mode", "n", "failed", .. Percentiles.Select(percentile => $"p{percentile}"), "max", "mean"],
            report.Runs.Select(run => (string[])
            [
                run.Scenario, run.Mode, Whole(run.N), Whole(run.Errors), .. Percentiles.Select(percentile => Point(run, percentile)), Number(run.Ms?.Max), Number(run.MeanMs),
            ]),
            names: 2);

        BenchRun[] told = [.. report.Runs.Where(run => run.PhaseMeansMs.Count > 0)];
        if (told.Length > 0)
        {
            string[] phases = [.. told.SelectMany(run => run.PhaseMeansMs).Where(part => part.Value != 0).Select(part => part.Key).Distinct()];
            page.Append("Where the mean goes; the parts of a row add up to it.\n\n");
            Table(page, ["scenario", "mode", .. phases, "mean"], told.Select(run => (string[])[run.Scenario, run.Mode, .. phases.Select(phase => Number(Mean(run, phase))), Number(run.MeanMs)]), names: 2);
        }

        foreach (var ratio in report.Ratios.Where(ratio => ratio.NoPoolToPooled is not null))
        {
            page.Append(CultureInfo.InvariantCulture, $"- {ratio.Scenario}: a first request takes {ratio.NoPoolToPooled:0.#} times as long without a pool\n");
        }

        foreach (var assertion in report.Assertions)
        {
            page.Append(CultureInfo.InvariantCulture, $"- {(assertion.Holds ? "holds" : "**does not hold**")}: {assertion.Scenario}: `{assertion.Assertion}`: {Number(assertion.Value, "not measured")}{Interval(assertion.Low, assertion.High)}\n");
        }

        return page.ToString().TrimEnd() + "\n";
    }

    private static double? Mean(BenchRun run, string phase) => run.PhaseMeansMs.TryGetValue(phase, out var mean) ? mean : null;

    private static string Point(BenchRun run, double percentile)
        => run.Intervals.FirstOrDefault(point => point.Percentile.Equals(percentile)) is { } point ? $"{Number(point.Ms)}{Interval(point.Low, point.High)}" : "";

    private static string Interval(double? low, double? high) => low is null && high is null ? "" : $" [{Number(low, "…")} – {Number(high, "…")}]";

    private static string Number(double? number, string none = "") => number?.ToString(number switch { > -10 and < 10 => "0.0#", > -1000 and < 1000 => "0.0", _ => "0" }, CultureInfo.InvariantCulture) ?? none;

    private static string Whole(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The first <paramref name="names"/> columns are names, the others numbers.</summary>
    private static void Table(StringBuilder page, string[] columns, IEnumerable<string[]> rows, int names)
    {
        Row(page, columns);
        Row(page, columns.Select((_, column) => column < names ? "---" : "---:"));
        foreach (var row in rows)
        {
            Row(page, row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)));
        }

        page.Append('\n');
    }

    private static void Row(StringBuilder page, IEnumerable<string> cells) => page.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
