using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;

namespace PodPool.Cli.Bench.Html;

/// <summary>A plot as a part of a page: no file of its own, no font or style from elsewhere, in the page's colours.</summary>
internal static partial class SvgPlot
{
    private const double Width = 860;

    /// <summary>An empty plot in the page's style.</summary>
    public static PlotModel Empty(bool legend = true)
    {
        var model = new PlotModel
        {
            TextColor = Palette.Text,
            PlotAreaBorderColor = Palette.Line,
            DefaultFont = "sans-serif",
            Padding = new OxyThickness(4, 8, 12, 4),
        };
        if (legend)
        {
            model.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.TopLeft, LegendOrientation = LegendOrientation.Horizontal, LegendSymbolLength = 40, LegendLineSpacing = 6 });
        }

        return model;
    }

    /// <summary>Gives an axis the page's style.</summary>
    public static T Styled<T>(this T axis, AxisPosition position, string title, bool grid = true)
        where T : Axis
    {
        axis.Position = position;
        axis.Title = title;
        axis.TicklineColor = axis.MinorTicklineColor = axis.AxislineColor = Palette.Line;
        axis.MajorGridlineColor = axis.ExtraGridlineColor = Palette.Grid;
        axis.MajorGridlineStyle = grid ? LineStyle.Solid : LineStyle.None;
        return axis;
    }

    /// <summary>An element for a page.</summary>
    /// <param name="model">The plot.</param>
    /// <param name="height">In CSS pixels, at a width of 860.</param>
    /// <param name="id">Unlike that of any other plot on the page.</param>
    /// <param name="says">What it shows, for those who do not see it.</param>
    public static string Render(PlotModel model, double height, string id, string says)
    {
        var svg = new SvgExporter { Width = Width, Height = height, IsDocument = false, TextMeasurer = new RoomyText(Width, height) }.ExportToString(model);
        svg = svg[svg.IndexOf("<svg", StringComparison.Ordinal)..];
        svg = Root().Replace(svg, string.Create(
            CultureInfo.InvariantCulture, $"<svg role=\"img\" aria-label=\"{WebUtility.HtmlEncode(says)}\" viewBox=\"0 0 {Width:0} {height:0}\" xmlns=\"http://www.w3.org/2000/svg\">"), 1);

        // Names are the page's, not the plot's: two plots must not clip each other.
        svg = ClipPath().Replace(svg, $"{id}-$1");
        foreach (var (color, variable, _, _) in Palette.Variables)
        {
            svg = svg.Replace(Palette.Written(color), $"var({variable})", StringComparison.Ordinal);
        }

        return BetweenElements().Replace(svg, "><");
    }

    /// <summary>Measures for the widest of the fonts that a reader's <c>sans-serif</c> may be: the library knows Arial's only.</summary>
    private sealed class RoomyText(double width, double height) : PdfRenderContext(width, height, OxyColors.Transparent)
    {
        private const double DejaVuToArial = 1.2;

        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight)
        {
            var size = base.MeasureText(text, fontFamily, fontSize, fontWeight);
            return new(size.Width * DejaVuToArial, size.Height);
        }
    }

    [GeneratedRegex("<svg[^>]*>")]
    private static partial Regex Root();

    [GeneratedRegex("clipPath([0-9]+)")]
    private static partial Regex ClipPath();

    [GeneratedRegex(@">\s+<")]
    private static partial Regex BetweenElements();
}
