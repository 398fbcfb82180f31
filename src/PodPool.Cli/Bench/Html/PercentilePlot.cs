using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace PodPool.Cli.Bench.Html;

/// <summary>Latency over percentile, stretched towards the slow end (each step to the right is a tenth of the requests left), as HdrHistogram's plots are.</summary>
internal static class PercentilePlot
{
    private const int MaxPoints = 400;

    /// <summary>Null: no run has samples.</summary>
    public static PlotModel? Of(IReadOnlyList<BenchRun> runs)
    {
        BenchRun[] sampled = [.. runs.Where(run => run.Samples.Count > 0)];
        if (sampled.Length == 0)
        {
            return null;
        }

        var model = SvgPlot.Empty();
        model.Axes.Add(new LinearAxis
        {
            Minimum = 0,
            MajorStep = 1,
            MinorTickSize = 0,
            LabelFormatter = nines => string.Create(CultureInfo.InvariantCulture, $"{100 * (1 - Math.Pow(10, -nines)):0.####} %"),
            ExtraGridlines = [Nines(0.5)],
            ExtraGridlineStyle = LineStyle.Dot,
        }.Styled(AxisPosition.Bottom, "percentile (dotted: the median)"));
        model.Axes.Add(new LogarithmicAxis { LabelFormatter = ms => ms.ToString("0.###", CultureInfo.InvariantCulture) }.Styled(AxisPosition.Left, "ms"));
        foreach (var (index, run) in sampled.Index())
        {
            var (color, style) = Palette.LineOf(index);
            var line = new LineSeries { Title = run.Mode, Color = color, LineStyle = style, StrokeThickness = 2 };
            line.Points.AddRange(Points(run.Samples));
            model.Series.Add(line);
        }

        return model;
    }

    private static IEnumerable<DataPoint> Points(IReadOnlyList<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        double n = sorted.Length;

        // As close together as the plot shows them: at equal distances on its axis.
        var last = Nines((n - 0.5) / n);
        var previous = -1;
        for (var point = 0; point <= MaxPoints; point++)
        {
            var rank = Math.Min(sorted.Length - 1, (int)(n * (1 - Math.Pow(10, -last * point / MaxPoints))));
            if (rank > previous)
            {
                previous = rank;

                // On a logarithmic axis nothing is 0.
                yield return new DataPoint(Nines((rank + 0.5) / n), Math.Max(0.001, sorted[rank]));
            }
        }
    }

    private static double Nines(double quantile) => -Math.Log10(1 - quantile);
}
