using System.Globalization;
using OxyPlot;
using PodPool.Contracts;

namespace PodPool.Cli.Bench.Html;

/// <summary>
/// Colours that colour-blind people tell apart (Okabe and Ito, Color Universal Design, 2008); lines differ in style too. A plot is drawn once, in colours
/// that stand for variables of the page's style, which has a value of each for light and for dark.
/// </summary>
internal static class Palette
{
    /// <summary>Text, lines and grid: no colours, but names that the plot's own are replaced by.</summary>
    public static readonly OxyColor Text = OxyColor.FromRgb(1, 1, 1);

    public static readonly OxyColor Line = OxyColor.FromRgb(2, 2, 2);

    public static readonly OxyColor Grid = OxyColor.FromRgb(3, 3, 3);

    public static readonly OxyColor Paper = OxyColor.FromRgb(4, 4, 4);

    private static readonly OxyColor Grey = OxyColor.FromRgb(153, 153, 153);
    private static readonly OxyColor Orange = OxyColor.FromRgb(230, 159, 0);
    private static readonly OxyColor SkyBlue = OxyColor.FromRgb(86, 180, 233);
    private static readonly OxyColor BluishGreen = OxyColor.FromRgb(0, 158, 115);
    private static readonly OxyColor Yellow = OxyColor.FromRgb(240, 228, 66);
    private static readonly OxyColor Blue = OxyColor.FromRgb(0, 114, 178);
    private static readonly OxyColor Vermillion = OxyColor.FromRgb(213, 94, 0);
    private static readonly OxyColor ReddishPurple = OxyColor.FromRgb(204, 121, 167);

    /// <summary>Each with its variable, and its values on a light and a dark page.</summary>
    public static IReadOnlyList<(OxyColor Color, string Variable, string Light, string Dark)> Variables { get; } =
    [
        (Text, "--text", "#1a1a1a", "#e8e8e8"),
        (Line, "--line", "#595959", "#a6a6a6"),
        (Grid, "--grid", "#dedede", "#3a3d44"),
        (Paper, "--paper", "#ffffff", "#16181d"),
        (Grey, "--grey", "#999999", "#8c8c8c"),
        (Orange, "--orange", "#e69f00", "#e69f00"),
        (SkyBlue, "--sky-blue", "#56b4e9", "#7cc6f0"),
        (BluishGreen, "--bluish-green", "#009e73", "#1fbf92"),
        (Yellow, "--yellow", "#f0e442", "#f0e442"),
        (Blue, "--blue", "#0072b2", "#3c97d6"),
        (Vermillion, "--vermillion", "#d55e00", "#f07a24"),
        (ReddishPurple, "--reddish-purple", "#cc79a7", "#dc93bb"),
    ];

    private static readonly OxyColor[] Lines = [Blue, Vermillion, BluishGreen, ReddishPurple, Orange, SkyBlue];
    private static readonly LineStyle[] Styles = [LineStyle.Solid, LineStyle.Dash, LineStyle.DashDot, LineStyle.LongDash, LineStyle.DashDotDot, LineStyle.LongDashDot, LineStyle.DashDashDotDot];

    private static readonly IReadOnlyDictionary<string, OxyColor> Phases = new Dictionary<string, OxyColor>
    {
        [ClientPhases.Unsent] = Yellow,
        [PhaseNames.Queue] = Orange,
        [PhaseNames.Claim] = SkyBlue,
        [PhaseNames.Transfer] = BluishGreen,
        [PhaseNames.Load] = Blue,
        [PhaseNames.Start] = Vermillion,
        [PhaseNames.FirstCall] = ReddishPurple,
        [ClientPhases.Rest] = Grey,
    };

    /// <summary>Of the line with this number: colours and styles begin anew at different numbers, so that no two lines of 42 are alike.</summary>
    public static (OxyColor Color, LineStyle Style) LineOf(int index) => (Lines[index % Lines.Length], Styles[index % Styles.Length]);

    /// <summary>Of a part of a latency; what is before all others (a process) has the text's.</summary>
    public static OxyColor OfPhase(string phase) => Phases.GetValueOrDefault(phase, Text);

    /// <summary>What stands for it on a page.</summary>
    public static string VariableOf(OxyColor color) => Variables.Single(one => one.Color == color).Variable;

    /// <summary>As the exporter writes it.</summary>
    public static string Written(OxyColor color) => string.Create(CultureInfo.InvariantCulture, $"rgb({color.R},{color.G},{color.B})");
}
