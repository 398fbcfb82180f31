using System.Globalization;

namespace PodPool.Cli.Bench.Plans;

/// <summary>Durations as people write them: 250ms, 30s, 1.5m, 2h; a bare number is seconds.</summary>
internal static class PlanDuration
{
    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("", 1)];

    /// <summary>A week: longer waits are mistakes.</summary>
    private const double MaxSeconds = 7 * 86_400;

    /// <summary>Null: it is none.</summary>
    public static TimeSpan? Parse(string text)
    {
        var (unit, factor) = Units.First(unit => text.EndsWith(unit.Unit, StringComparison.Ordinal));
        return double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * factor <= MaxSeconds
            ? TimeSpan.FromSeconds(number * factor)
            : null;
    }
}
