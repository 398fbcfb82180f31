using System.Globalization;
using System.Net;
using System.Text;
using PodPool.Cli.Bench.Plans;
using PodPool.Cli.Bench.Statistics;
using PodPool.Cli.Output;

namespace PodPool.Cli.Bench.Html;

/// <summary>A report as one page that needs nothing else: what is plotted stands in tables too. It follows the reader's choice of light or dark.</summary>
internal static class HtmlReport
{
    public static string Render(BenchReport report)
    {
        var page = new StringBuilder();
        var title = $"podpool bench, {report.Environment.At.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC";

        // The policy holds the promise: a browser fetches nothing for this page, whatever is in it.
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{Text(title)}</title>
            <style>{HtmlStyle.Sheet}</style>
            </head>
            <body>
            <main>
            <h1>{Text(title)}</h1>

            """);
        if (report.Interrupted)
        {
            page.Append("<p><strong>Interrupted: what was measured by then.</strong></p>\n");
        }

        Environment(page, report.Environment);
        Assertions(page, report.Assertions);
        Latencies(page, report.Runs);
        Curves(page, report.Runs);
        Phases(page, report.Runs);
        Timelines(page, report.Timelines);
        return page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void Environment(StringBuilder page, BenchEnvironment environment)
    {
        page.Append("<h2>Environment</h2>\n<table class=\"facts\">\n");
        foreach (var (name, value) in ((string, string)[])
        [
            ("command", environment.Command),
            ("machine", environment.Show()),
            ("measured", environment.PoolSize > 0 ? string.Create(CultureInfo.InvariantCulture, $"{environment.Server}, {environment.PoolSize} warm pods") : environment.Server),
            ("arrivals", environment.RatePerSecond is { } rate ? string.Create(CultureInfo.InvariantCulture, $"{environment.Arrivals}, {rate:0.###} a second") : environment.Arrivals),
            ("version", $"{environment.Version}{(environment.Commit is { } commit ? $", commit {commit}" : "")}"),
        ])
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Text(name)}</th><td>{Text(value)}</td></tr>\n");
        }

        page.Append("</table>\n");
    }

    private static void Assertions(StringBuilder page, IReadOnlyList<AssertionResult> assertions)
    {
        if (assertions.Count == 0)
        {
            return;
        }

        page.Append("<h2>What must hold</h2>\n<table>\n<tr><th>scenario</th><th>assertion</th><th>measured</th><th>95 % sure</th><th>holds</th></tr>\n");
        foreach (var assertion in assertions)
        {
            Row(
                page,
                [assertion.Scenario, assertion.Assertion],
                [Number(assertion.Value), Interval(assertion.Low, assertion.High), assertion.Holds ? "✓ yes" : "✗ no"]);
        }

        page.Append("</table>\n");
    }

    private static void Latencies(StringBuilder page, IReadOnlyList<BenchRun> runs)
    {
        page.Append("<h2>Latencies at the client, ms</h2>\n<table>\n<tr><th>scenario</th><th>mode</th><th>n</th><th>before, in no figure</th><th>failed</th><th>warm</th>");
        foreach (var name in (string[])["p50", "p90", "p95", "p99", "p99.9"])
        {
            page.Append(CultureInfo.InvariantCulture, $"<th>{name}</th>");
        }

        page.Append("<th>max</th><th>mean</th></tr>\n");
        foreach (var run in runs)
        {
            Row(
                page,
                [run.Scenario, run.Mode],
                [
                    Whole(run.N),
                    Whole(run.Warmup),
                    Whole(run.Errors),
                    run.WarmFraction is { } warm ? string.Create(CultureInfo.InvariantCulture, $"{warm * 100:0.#} %") : "",
                    .. run.Intervals.Select(Point),
                    .. Enumerable.Repeat("", Math.Max(0, 5 - run.Intervals.Count)),
                    Number(run.Ms?.Max),
                    Number(run.MeanMs),
                ]);
        }

        page.Append("</table>\n<p class=\"note\">In brackets: where that percentile lies, at 95 %, by order statistics; “…” where there are too few requests to say.</p>\n");
    }

    private static void Curves(StringBuilder page, IReadOnlyList<BenchRun> runs)
    {
        page.Append("<h2>Percentiles</h2>\n");
        foreach (var (index, scenario) in runs.GroupBy(run => run.Scenario).Index())
        {
            if (PercentilePlot.Of([.. scenario]) is { } plot)
            {
                var says = "Latency by percentile: " + string.Join("; ", scenario.Where(run => run.Ms is not null).Select(run => $"{run.Mode} {Show.Milliseconds(run.Ms!.P50)} at the median, {Show.Milliseconds(run.Ms.P99)} at 99 %"));
                Figure(page, scenario.Key, SvgPlot.Render(plot, 320, $"curve{index}", says));
            }
        }
    }

    private static void Phases(StringBuilder page, IReadOnlyList<BenchRun> runs)
    {
        BenchRun[] told = [.. runs.Where(run => run.PhaseMeansMs.Count > 0)];
        if (told.Length == 0)
        {
            return;
        }

        page.Append("<h2>Where the time goes</h2>\n");

        // Starts without a pool take tens of times as long: beside them the others could not be seen.
        foreach (var (index, (name, part)) in new[] { ("requests", told.Where(run => run.Mode != BenchMode.NoPool)), ("first requests without a pool", told.Where(run => run.Mode == BenchMode.NoPool)) }.Index())
        {
            BenchRun[] some = [.. part];
            if (some.Length > 0)
            {
                Figure(page, name, SvgPlot.Render(PhasePlot.Of(some), PhasePlot.HeightOf(some.Length), $"phase{index}", "The mean of each part of a latency; the table below has the figures."));
            }
        }

        string[] phases = [.. told.SelectMany(run => run.PhaseMeansMs.Keys).Distinct()];
        page.Append("<table>\n<tr><th>scenario</th><th>mode</th>");
        foreach (var phase in phases)
        {
            page.Append(CultureInfo.InvariantCulture, $"<th>{Text(phase)}</th>");
        }

        page.Append("<th>mean</th></tr>\n");
        foreach (var run in told)
        {
            Row(page, [run.Scenario, run.Mode], [.. phases.Select(phase => run.PhaseMeansMs.TryGetValue(phase, out var mean) ? Number(mean) : ""), Number(run.MeanMs)]);
        }

        page.Append("</table>\n<p class=\"note\">Means in ms; the parts of a row add up to its mean. unsent: due, but not sent yet; rest: what no phase accounts for, the way to the router and back.</p>\n");
    }

    private static void Timelines(StringBuilder page, IReadOnlyList<PoolTimeline> timelines)
    {
        foreach (var (index, timeline) in timelines.Where(timeline => timeline.AtMs.Count > 1).Index())
        {
            if (index == 0)
            {
                page.Append("<h2>The pool meanwhile</h2>\n");
            }

            var says = string.Create(
                CultureInfo.InvariantCulture,
                $"{timeline.Claims[^1]:0} claims, {timeline.Misses[^1]:0} of them misses; {timeline.Warm.Min():0} to {timeline.Warm.Max():0} pods warm.");
            Figure(page, $"{timeline.Scenario}, pool {timeline.Pool}: {says}", SvgPlot.Render(TimelinePlot.Of(timeline), 300, $"timeline{index}", says));
        }
    }

    private static void Figure(StringBuilder page, string caption, string svg)
        => page.Append("<figure>\n<figcaption>").Append(Text(caption)).Append("</figcaption>\n").Append(svg).Append("\n</figure>\n");

    private static void Row(StringBuilder page, IReadOnlyList<string> names, IReadOnlyList<string> values)
    {
        page.Append("<tr>");
        foreach (var name in names)
        {
            page.Append(CultureInfo.InvariantCulture, $"<th scope=\"row\">{Text(name)}</th>");
        }

        foreach (var value in values)
        {
            page.Append(CultureInfo.InvariantCulture, $"<td>{Text(value)}</td>");
        }

        page.Append("</tr>\n");
    }

    private static string Point(QuantileInterval point) => $"{Number(point.Ms)} [{Number(point.Low, "…")} – {Number(point.High, "…")}]";

    private static string Interval(double? low, double? high) => low is null && high is null ? "" : $"{Number(low, "…")} – {Number(high, "…")}";

    private static string Number(double? number, string none = "") => number?.ToString(number is > -100 and < 100 ? "0.0##" : "#,0", CultureInfo.InvariantCulture) ?? none;

    private static string Whole(int number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
