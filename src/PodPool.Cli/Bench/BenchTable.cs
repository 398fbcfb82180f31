using System.Globalization;
using PodPool.Cli.Bench.Plans;
using PodPool.Cli.Bench.Statistics;
using PodPool.Cli.Output;
using Spectre.Console;

namespace PodPool.Cli.Bench;

/// <summary>A report for people.</summary>
internal static class BenchTable
{
    public static void Render(IAnsiConsole console, BenchReport report)
    {
        console.WriteLine(report.Environment.Show());
        var pool = report.Environment.PoolSize > 0 ? $"{report.Environment.PoolSize} warm pods, " : "";
        console.WriteLine($"{report.Environment.Server}, {pool}{ArrivalsOf(report.Environment)}");
        console.WriteLine();

        var table = new FramedTable(
            ["scenario", "mode, phase"], ["n", "warm", "p50", "95 % sure", "p90", "p95", "p99", "p99.9", "max"], leaveOut: ["95 % sure", "p99.9", "p90", "max", "warm"]);
        foreach (var run in report.Runs)
        {
            var warm = run.WarmFraction is { } fraction ? string.Create(CultureInfo.InvariantCulture, $"{fraction * 100:0.#} %") : "";
            table.Row([Bold(run.Scenario), Bold(run.Mode), Plain(run.N), new Text(warm), .. Cells(run.Ms, run, bold: true)]);
            foreach (var (phase, times) in run.Phases)
            {
                table.Row([Text.Empty, new Text("  " + phase, new Style(Color.Grey)), Text.Empty, Text.Empty, .. Cells(times, null, bold: false)]);
            }
        }

        table.Write(console);
        RenderMeans(console, report);
        if (report.Interrupted)
        {
            console.MarkupLine("[yellow]Interrupted: what was measured by then.[/]");
        }

        foreach (var ratio in report.Ratios)
        {
            RenderRatio(console, ratio);
        }

        foreach (var assertion in report.Assertions)
        {
            RenderAssertion(console, assertion);
        }

        foreach (var run in report.Runs.Where(run => run.Errors > 0))
        {
            console.MarkupLineInterpolated($"[red]{run.Scenario}, {run.Mode}: {run.Errors} requests failed[/], e.g. {run.ErrorMessages[0]}");
        }

        foreach (var run in report.Runs.Where(run => run.Mode == BenchMode.Pooled && run.Starts.Keys.Any(start => start is not ("pooled" or "coalesced"))))
        {
            var starts = string.Join(", ", run.Starts.Select(start => string.Create(CultureInfo.InvariantCulture, $"{start.Value} {start.Key}")));
            console.MarkupLineInterpolated($"[yellow]{run.Scenario}: not every request was started from a warm pod[/]: {starts}");
        }
    }

    private static void RenderRatio(IAnsiConsole console, BenchRatio ratio)
    {
        if (ratio.NoPoolToPooled is { } noPool)
        {
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[bold]{ratio.Scenario}[/]: a first request is [green]{noPool:0.#} times[/] as fast as without a pool{WarmPart(ratio)}");
        }
        else if (ratio.PooledToWarm is { } warm)
        {
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[bold]{ratio.Scenario}[/]: a first request takes {warm:0.#} times as long as the next one");
        }
    }

    private static string WarmPart(BenchRatio ratio)
        => ratio.PooledToWarm is { } warm ? string.Create(CultureInfo.InvariantCulture, $", and takes {warm:0.#} times as long as the next one") : "";

    /// <summary>Percentiles of parts do not add up to the whole's; means do.</summary>
    private static void RenderMeans(IAnsiConsole console, BenchReport report)
    {
        foreach (var run in report.Runs.Where(run => run.PhaseMeansMs.Count > 0 && run.MeanMs is not null))
        {
            var parts = string.Join(" + ", run.PhaseMeansMs.Where(part => part.Value != 0).Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Key} {part.Value:0.0##}")));
            console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]{run.Scenario}, {run.Mode}: mean {run.MeanMs:0.0##} ms = {parts}[/]");
        }

        if (report.Runs.Any(run => run.Warmup > 0))
        {
            var warmups = report.Runs.GroupBy(run => run.Warmup).Count() == 1
                ? string.Create(CultureInfo.InvariantCulture, $"{report.Runs[0].Warmup} each")
                : string.Join(", ", report.Runs.Where(run => run.Warmup > 0).Select(run => string.Create(CultureInfo.InvariantCulture, $"{run.Warmup} of {run.Scenario} {run.Mode}")));
            console.MarkupLineInterpolated($"[grey]Requests before those, in no figure: {warmups}.[/]");
        }
    }

    private static void RenderAssertion(IAnsiConsole console, AssertionResult result)
    {
        var value = result.Value is { } found ? found.ToString("0.###", CultureInfo.InvariantCulture) : "not measured";
        var interval = result is { Low: { } low, High: { } high } ? string.Create(CultureInfo.InvariantCulture, $" (95 %: {low:0.###} to {high:0.###})") : "";
        if (result.Holds)
        {
            console.MarkupLineInterpolated($"[green]holds[/]: {result.Scenario}: {result.Assertion}: {value}{interval}");
        }
        else
        {
            console.MarkupLineInterpolated($"[red]does not hold[/]: {result.Scenario}: {result.Assertion}: {value}{interval}");
        }
    }

    private static IEnumerable<Text> Cells(Percentiles? times, BenchRun? run, bool bold)
    {
        var style = bold ? new Style(decoration: Decoration.Bold) : new Style(Color.Grey);
        if (times is null)
        {
            return Enumerable.Repeat(new Text("-", style), 7);
        }

        QuantileInterval? Point(double percentile) => run?.Intervals.FirstOrDefault(point => point.Percentile.Equals(percentile));
        var interval = Point(50) is { Low: { } low, High: { } high } ? $"{Show.Milliseconds(low)} – {Show.Milliseconds(high)}" : "";
        var p95 = Point(95) is { } point ? Show.Milliseconds(point.Ms) : "";
        return new[] { Show.Milliseconds(times.P50), interval, Show.Milliseconds(times.P90), p95, Show.Milliseconds(times.P99), Show.Milliseconds(times.P999), Show.Milliseconds(times.Max) }
            .Select((cell, index) => new Text(cell, index is 1 ? new Style(Color.Grey) : style));
    }

    private static Text Bold(string text) => new(text, new Style(decoration: Decoration.Bold));

    private static Text Plain(int number) => new(number.ToString(CultureInfo.InvariantCulture));

    private static string ArrivalsOf(BenchEnvironment environment) => environment.RatePerSecond is { } rate
        ? string.Create(CultureInfo.InvariantCulture, $"{environment.Arrivals} arrivals, {rate:0.###} a second")
        : environment.Arrivals == BenchEnvironment.AsScenariosSay ? environment.Arrivals : "one request at a time";
}
