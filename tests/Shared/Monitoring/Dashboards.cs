using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PodPool.Monitoring.Starting;

/// <summary>What operators are given to look at: the alert rules and the dashboard.</summary>
internal static partial class Dashboards
{
    /// <summary>Where they are.</summary>
    public static string Folder { get; } = typeof(Dashboards).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "Dashboards").Value!;

    /// <summary>The alert rules.</summary>
    public static string Rules { get; } = Path.Combine(Folder, "alerts.yaml");

    /// <summary>Every expression of theirs, with something in place of Grafana's variables.</summary>
    public static IReadOnlyCollection<string> Expressions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "podpool.json")));
        var ofPanels = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .Where(panel => panel.TryGetProperty("targets", out _))
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!
                .Replace("$__rate_interval", "5m", StringComparison.Ordinal)
                .Replace("$pool", ".*", StringComparison.Ordinal)
                .Replace("$function", ".*", StringComparison.Ordinal));
        return [.. ofPanels.Concat(RuleExpression().Matches(File.ReadAllText(Rules)).Select(rule => rule.Groups[1].Value)).Distinct()];
    }

    /// <summary>The figures of PodPool's that an expression asks for.</summary>
    public static IEnumerable<string> FiguresIn(string expression) => Figure().Matches(expression).Select(match => match.Value);

    [GeneratedRegex(@"\b(podpool|dotnet)_[a-z0-9_]+")]
    private static partial Regex Figure();

    [GeneratedRegex(@"expr: (?:\|\n)?((?:.+?)(?:\n            /.+)?)\n", RegexOptions.None)]
    private static partial Regex RuleExpression();
}
