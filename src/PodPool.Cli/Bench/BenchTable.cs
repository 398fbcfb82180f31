using System.Globalization;
using PodPool.Cli.Output;
using Spectre.Console;

namespace PodPool.Cli.Bench;

/// <summary>A report for people.</summary>
internal static class BenchTable
{
    public static void Render(IAnsiConsole console, BenchReport report)
    {
        console.WriteLine(report.Environment.Show());
        console.WriteLine($"{report.Environment.Server}, {report.Environment.PoolSize} warm pods, {ArrivalsOf(report.Environment)}");
        console.WriteLine();

        var table = new Table { Border = TableBorder.SimpleHeavy };
        table.AddColumn("scenario").AddColumn("mode, phase");
        foreach (var name in (string[])["n", "warm", "p50", "p90", "p99", "p99.9", "max"])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        foreach (var run in report.Runs)
        {
            var warm = run.WarmFraction is { } fraction ? string.Create(CultureInfo.InvariantCulture, $"{fraction * 100:0.#} %") : "";
            table.AddRow([Bold(run.Scenario), Bold(run.Mode), Plain(run.N), new Text(warm), .. Cells(run.Ms, bold: true)]);
            foreach (var (phase, times) in run.Phases)
            {
                table.AddRow([Text.Empty, new Text("  " + phase, new Style(Color.Grey)), Text.Empty, Text.Empty, .. Cells(times, bold: false)]);
            }
        }

        console.Write(table);
        if (report.Interrupted)
        {
            console.MarkupLine("[yellow]Interrupted: what was measured by then.[/]");
        }

        foreach (var ratio in report.Ratios)
        {
            RenderRatio(console, ratio);
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

    private static IEnumerable<Text> Cells(Percentiles? times, bool bold)
    {
        var style = bold ? new Style(decoration: Decoration.Bold) : new Style(Color.Grey);
        return times is null
            ? Enumerable.Repeat(new Text("-", style), 5)
            : new[] { times.P50, times.P90, times.P99, times.P999, times.Max }.Select(time => new Text(Show.Milliseconds(time), style));
    }

    private static Text Bold(string text) => new(text, new Style(decoration: Decoration.Bold));

    private static Text Plain(int number) => new(number.ToString(CultureInfo.InvariantCulture));

    private static string ArrivalsOf(BenchEnvironment environment) => environment.RatePerSecond is { } rate
        ? string.Create(CultureInfo.InvariantCulture, $"{environment.Arrivals} arrivals, {rate:0.###} a second")
        : "one request at a time";
}
