namespace PodPool.Cli.Bench.Html;

/// <summary>The style of a page.</summary>
internal static class HtmlStyle
{
    /// <summary>The colours of plots, for a reader who has it light and one who has it dark.</summary>
    public static string Colours { get; } = $$"""
        :root { {{Values(color => color.Light)}} }
        @media (prefers-color-scheme: dark) { :root { {{Values(color => color.Dark)}} } }
        """;

    public static string Sheet { get; } = $$"""

        {{Colours}}
        body { background: var(--paper); color: var(--text); font: 15px/1.5 system-ui, sans-serif; margin: 0; }
        main { max-width: 1080px; margin: 0 auto; padding: 1rem; }
        h1 { font-size: 1.5rem; }
        h2 { font-size: 1.15rem; margin-top: 2rem; }
        table { border-collapse: collapse; display: block; overflow-x: auto; font-variant-numeric: tabular-nums; }
        th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--grid); text-align: right; white-space: nowrap; }
        th[scope=row], .facts td { text-align: left; font-weight: 600; white-space: normal; }
        .facts td { font-weight: 400; }
        th:nth-child(-n+2) { text-align: left; }
        figure { margin: 1rem 0 2rem; }
        figcaption { font-weight: 600; }
        svg { width: 100%; height: auto; }
        .note { color: var(--line); max-width: 70ch; }

        """;

    private static string Values(Func<(OxyPlot.OxyColor Color, string Variable, string Light, string Dark), string> of)
        => string.Join(" ", Palette.Variables.Select(color => $"{color.Variable}: {of(color)};"));
}
