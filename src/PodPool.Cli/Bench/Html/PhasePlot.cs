using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace PodPool.Cli.Bench.Html;

/// <summary>The mean of each part of a latency, beside each other: a bar is as long as the mean of the whole.</summary>
internal static class PhasePlot
{
    /// <summary>In CSS pixels, of a wide font at the size of labels.</summary>
    private const double WidthOfLetter = 7.4;

    /// <summary>Half of the plot.</summary>
    private const double MaxNames = 430;

    /// <param name="runs">Those that tell parts, one at least.</param>
    public static PlotModel Of(IReadOnlyList<BenchRun> runs)
    {
        var model = SvgPlot.Empty();

        // From the top, as a reader goes.
        BenchRun[] upwards = [.. runs.Reverse()];
        var names = new CategoryAxis { GapWidth = 0.4, IsTickCentered = true }.Styled(AxisPosition.Left, "", grid: false);
        names.Labels.AddRange(upwards.Select(run => $"{run.Scenario}, {run.Mode}"));
        model.Axes.Add(names);

        // The library makes room for a part of long names only.
        model.PlotMargins = new OxyThickness(Math.Min(MaxNames, 16 + (WidthOfLetter * names.Labels.Max(name => name.Length))), double.NaN, double.NaN, double.NaN);
        model.Axes.Add(new LinearAxis { MinimumPadding = 0, AbsoluteMinimum = 0 }.Styled(AxisPosition.Bottom, "ms, mean"));
        foreach (var phase in runs.SelectMany(run => run.PhaseMeansMs.Keys).Distinct())
        {
            var bars = new BarSeries { Title = phase, IsStacked = true, FillColor = Palette.OfPhase(phase), StrokeColor = Palette.Paper, StrokeThickness = 1 };
            foreach (var (index, run) in upwards.Index())
            {
                // Rounding may leave less than nothing.
                bars.Items.Add(new BarItem(Math.Max(0, run.PhaseMeansMs.GetValueOrDefault(phase)), index));
            }

            if (bars.Items.Exists(bar => bar.Value > 0))
            {
                model.Series.Add(bars);
            }
        }

        return model;
    }

    /// <summary>What that takes.</summary>
    public static double HeightOf(int runs) => 110 + (34 * runs);
}
