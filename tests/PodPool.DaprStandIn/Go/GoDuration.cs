using System.Globalization;
using System.Text.RegularExpressions;

namespace PodPool.DaprStandIn.Go;

/// <summary>Lengths of time as Go writes them: "1h15m", "100ms", "1.5s".</summary>
internal static partial class GoDuration
{
    /// <exception cref="FormatException">It is none.</exception>
    public static TimeSpan Parse(string text)
    {
        if (!Whole().IsMatch(text))
        {
            throw new FormatException($"time: invalid duration \"{text}\"");
        }

        return text == "0" ? TimeSpan.Zero : Part().Matches(text).Aggregate(TimeSpan.Zero, (sum, part) => sum + (Unit(part.Groups[2].Value) * double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture)));
    }

    /// <summary>As components of Redis have them: a plain number is milliseconds.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static TimeSpan ParseOrMilliseconds(string text)
        => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : Parse(text);

    private static TimeSpan Unit(string unit) => unit switch
    {
        "h" => TimeSpan.FromHours(1),
        "m" => TimeSpan.FromMinutes(1),
        "s" => TimeSpan.FromSeconds(1),
        "ms" => TimeSpan.FromMilliseconds(1),
        "ns" => TimeSpan.Zero,
        _ => TimeSpan.FromMicroseconds(1),
    };

    [GeneratedRegex(@"^(0|([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Whole();

    [GeneratedRegex("([0-9.]+)(ns|us|µs|ms|s|m|h)", RegexOptions.None, 1000)]
    private static partial Regex Part();
}
