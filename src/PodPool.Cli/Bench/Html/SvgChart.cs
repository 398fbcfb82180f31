using System.Globalization;
using PodPool.Cli.Output;

namespace PodPool.Cli.Bench.Html;

/// <summary>The percentile curves of a scenario as a picture of its own, for a page that only links to it; light or dark as the reader has it.</summary>
internal static class SvgChart
{
    private const double Height = 340;

    /// <summary>Of the first scenario that has latencies; null: none has.</summary>
    public static string? Render(BenchReport report)
    {
        if (report.Runs.Where(run => run.Samples.Count > 0).GroupBy(run => run.Scenario).FirstOrDefault() is not { } scenario || PercentilePlot.Of([.. scenario]) is not { } plot)
        {
            return null;
        }

        var says = $"{scenario.Key}, latency by percentile: " + string.Join("; ", scenario.Select(run => $"{run.Mode} {Show.Milliseconds(run.Ms!.P50)} at the median, {Show.Milliseconds(run.Ms.P99)} at 99 %"));
        var svg = SvgPlot.Render(plot, Height, "curves", says);
        var end = svg.IndexOf('>', StringComparison.Ordinal) + 1;

        // Whoever shows it may have the other colour behind it than the reader's system.
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{svg[..end]}<style>{HtmlStyle.Colours}</style><rect width=\"100%\" height=\"100%\" style=\"fill:var({Palette.VariableOf(Palette.Paper)})\"/>{svg[end..]}\n");
    }
}
