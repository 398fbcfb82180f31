using System.Globalization;
using PodPool.Cli.Output;
using Spectre.Console;

namespace PodPool.Cli.Bench.Compare;

/// <summary>A comparison for people.</summary>
internal static class CompareTable
{
    public static void Render(IAnsiConsole console, Comparison comparison)
    {
        console.WriteLine($"before: {Show(comparison.Before)}");
        console.WriteLine($"after:  {Show(comparison.After)}");
        if (comparison.Before.Concat(comparison.After).Select(Machine).Distinct().Count() > 1)
        {
            console.MarkupLine("[yellow]Not all of it was measured on one machine and in one way: what differs may be that.[/]");
        }

        var table = new FramedTable(["scenario", "mode"], ["n", "", "before", "after", "ratio", "lies within", "p", "verdict"], leaveOut: ["p", "n", "lies within"]);
        foreach (var run in comparison.Runs)
        {
            var first = true;
            foreach (var point in run.Points)
            {
                table.Row(
                    new Text(first ? run.Scenario : ""),
                    new Text(first ? run.Mode : ""),
                    new Text(first ? string.Create(CultureInfo.InvariantCulture, $"{run.BeforeN}, {run.AfterN}") : ""),
                    new Text(string.Create(CultureInfo.InvariantCulture, $"p{point.Percentile:0.#}")),
                    new Text(Output.Show.Milliseconds(point.BeforeMs)),
                    new Text(Output.Show.Milliseconds(point.AfterMs)),
                    new Text(string.Create(CultureInfo.InvariantCulture, $"{point.Ratio:0.00}")),
                    new Text(point is { Low: { } low, High: { } high } ? string.Create(CultureInfo.InvariantCulture, $"{low:0.00} – {high:0.00}") : "-"),
                    new Text(first && run.PValue is { } p ? p < 0.0001 ? "< 0.0001" : p.ToString("0.0000", CultureInfo.InvariantCulture) : ""),
                    Word(point.Verdict));
                first = false;
            }
        }

        table.Write(console);
        foreach (var run in comparison.Runs.Where(run => run.MoreErrors))
        {
            console.MarkupLineInterpolated($"[red]{run.Scenario}, {run.Mode}: {run.AfterErrors} of {run.AfterN + run.AfterErrors} requests failed, where {run.BeforeErrors} of {run.BeforeN + run.BeforeErrors} did[/]");
        }

        foreach (var (names, side) in new[] { (comparison.OnlyBefore, "before"), (comparison.OnlyAfter, "after") }.Where(part => part.Item1.Count > 0))
        {
            console.MarkupLineInterpolated($"[grey]only {side}: {string.Join(", ", names)}[/]");
        }

        Conclude(console, comparison);
    }

    private static void Conclude(IAnsiConsole console, Comparison comparison)
    {
        if (comparison.Runs.Any(run => run.Verdict == Verdict.Unclear))
        {
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]unclear: a difference of {comparison.MinEffect * 100:0.#} % can neither be shown nor ruled out; measure more (--count), or several runs a side.[/]");
        }

        if (comparison.Runs.Any(run => run.Verdict == Verdict.Unknown))
        {
            console.MarkupLine("[grey]unknown: a report has no samples, as those of earlier versions; percentiles alone do not say what is noise.[/]");
        }

        var worse = comparison.Runs.Where(run => run.Verdict == Verdict.Worse).Select(run => $"{run.Scenario} {run.Mode}").ToArray();
        if (worse.Length > 0)
        {
            console.MarkupLineInterpolated($"[red]Worse[/]: {string.Join(", ", worse)}.");
        }
        else if (comparison.Runs.Any(run => run.Verdict != Verdict.Unknown))
        {
            console.MarkupLine("[green]Nothing has become worse[/] by more than noise.");
        }
    }

    private static string Show(IReadOnlyList<BenchEnvironment> runs)
        => $"{runs[0].Commit ?? runs[0].Version}, {runs[0].At.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}{(runs.Count > 1 ? $" and {runs.Count - 1} more" : "")}; {runs[0].Show()}";

    private static (string, int, string, string, int, string) Machine(BenchEnvironment environment)
        => (environment.Processor, environment.Processors, environment.Dotnet, environment.Server, environment.PoolSize, environment.Arrivals);

    private static Text Word(Verdict verdict) => verdict switch
    {
        Verdict.Worse => new("worse", new Style(Color.Red, decoration: Decoration.Bold)),
        Verdict.Better => new("better", new Style(Color.Green)),
        Verdict.Same => new("same"),
        Verdict.Unclear => new("unclear", new Style(Color.Yellow)),
        _ => new("unknown", new Style(Color.Grey)),
    };
}
