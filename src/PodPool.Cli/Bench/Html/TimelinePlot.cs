using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;
using PodPool.Cli.Bench.Plans;

namespace PodPool.Cli.Bench.Html;

/// <summary>The pool's levels over time, and the misses between two looks at it.</summary>
internal static class TimelinePlot
{
    /// <summary>More marks than these are no help.</summary>
    private const int MaxMarks = 24;

    public static PlotModel Of(PoolTimeline timeline)
    {
        var model = SvgPlot.Empty();
        model.Axes.Add(new LinearAxis { MinimumPadding = 0, MaximumPadding = 0.01 }.Styled(AxisPosition.Bottom, "seconds"));
        model.Axes.Add(new LinearAxis { Minimum = 0, MaximumPadding = 0.1, MinimumMajorStep = 1, MinorTickSize = 0 }.Styled(AxisPosition.Left, "pods, misses"));
        foreach (var (index, (name, levels)) in new[] { ("warm", timeline.Warm), ("starting", timeline.Starting), ("serving", timeline.Serving) }.Index())
        {
            var (color, style) = Palette.LineOf(index);
            var line = new StairStepSeries { Title = name, Color = color, LineStyle = style, VerticalLineStyle = style, StrokeThickness = 2 };
            line.Points.AddRange(Changes(timeline.AtMs, levels));
            model.Series.Add(line);
        }

        var misses = new StemSeries
        {
            Title = "misses",
            Color = Palette.Text,
            StrokeThickness = 1.5,
            MarkerType = MarkerType.Diamond,
            MarkerFill = Palette.Text,
            MarkerSize = 4,
        };
        misses.Points.AddRange(Enumerable.Range(1, Math.Max(0, timeline.Misses.Count - 1))
            .Where(look => timeline.Misses[look] > timeline.Misses[look - 1])
            .Select(look => new DataPoint(timeline.AtMs[look] / 1000, timeline.Misses[look] - timeline.Misses[look - 1])));
        model.Series.Add(misses);

        foreach (var mark in timeline.Stages.Count > MaxMarks ? [] : timeline.Stages)
        {
            model.Annotations.Add(new LineAnnotation
            {
                Type = LineAnnotationType.Vertical, X = mark.AtMs / 1000, Text = mark.Stage, Color = Palette.Line, TextColor = Palette.Text, LineStyle = LineStyle.Dot, StrokeThickness = 1,
            });
        }

        return model;
    }

    /// <summary>What does not change need not be drawn twice.</summary>
    private static IEnumerable<DataPoint> Changes(IReadOnlyList<double> atMs, IReadOnlyList<double> levels)
    {
        for (var look = 0; look < levels.Count; look++)
        {
            if (look == 0 || look == levels.Count - 1 || !levels[look].Equals(levels[look - 1]))
            {
                yield return new DataPoint(atMs[look] / 1000, levels[look]);
            }
        }
    }
}
