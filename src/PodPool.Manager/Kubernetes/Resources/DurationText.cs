using System.Globalization;
using System.Text.RegularExpressions;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>Durations as Kubernetes writes them, in Go's form: <c>90s</c>, <c>1h30m</c>, <c>250ms</c>, <c>1.5s</c>.</summary>
internal static partial class DurationText
{
    private const string Form = "write it like 250ms, 90s, 5m or 1h30m";

    /// <summary>Reads a duration; never negative.</summary>
    /// <param name="text">The text.</param>
    /// <param name="field">The field that holds it, for the message.</param>
    /// <exception cref="FormatException">It is none, or longer than a <see cref="TimeSpan"/>.</exception>
    public static TimeSpan Parse(string? text, string field)
    {
        if (text is null || !Duration().IsMatch(text))
        {
            throw new FormatException($"{field} is '{text}', which is no duration: {Form}");
        }

        var ticks = 0m;
        try
        {
            foreach (Match part in Part().Matches(text))
            {
                ticks += decimal.Parse(part.Groups["number"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * TicksOf(part.Groups["unit"].Value);
            }

            return TimeSpan.FromTicks(decimal.ToInt64(decimal.Truncate(ticks)));
        }
        catch (OverflowException exception)
        {
            throw new FormatException($"{field} is '{text}', which is too long: {Form}", exception);
        }
    }

    /// <summary>Reads a duration within bounds.</summary>
    /// <exception cref="FormatException">It is none, or out of bounds.</exception>
    public static TimeSpan Parse(string? text, string field, TimeSpan min, TimeSpan max)
    {
        var duration = Parse(text, field);
        return duration >= min && duration <= max ? duration : throw new FormatException($"{field} is '{text}'; {Format(min)} to {Format(max)} are allowed");
    }

    /// <summary>Writes a duration in the largest unit that leaves it whole.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public static string Format(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        var (ticks, unit) = duration.Ticks switch
        {
            0 => (TimeSpan.TicksPerSecond, "s"),
            var all when all % TimeSpan.TicksPerHour == 0 => (TimeSpan.TicksPerHour, "h"),
            var all when all % TimeSpan.TicksPerMinute == 0 => (TimeSpan.TicksPerMinute, "m"),
            var all when all % TimeSpan.TicksPerSecond == 0 => (TimeSpan.TicksPerSecond, "s"),
            _ => (TimeSpan.TicksPerMillisecond, "ms"),
        };
        return ((decimal)duration.Ticks / ticks).ToString(CultureInfo.InvariantCulture) + unit;
    }

    /// <summary>Writes how long something took: milliseconds with three decimals, <c>1.234ms</c>.</summary>
    public static string Milliseconds(TimeSpan duration) => duration.TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture) + "ms";

    private static decimal TicksOf(string unit) => unit switch
    {
        "ns" => 0.01m,
        "ms" => TimeSpan.TicksPerMillisecond,
        "s" => TimeSpan.TicksPerSecond,
        "m" => TimeSpan.TicksPerMinute,
        "h" => TimeSpan.TicksPerHour,
        _ => TimeSpan.TicksPerMicrosecond,
    };

    // Go takes both of Unicode's micro signs.
    [GeneratedRegex(@"\A([0-9]+(\.[0-9]+)?(ns|us|µs|μs|ms|s|m|h))+\z")]
    private static partial Regex Duration();

    [GeneratedRegex(@"(?<number>[0-9]+(\.[0-9]+)?)(?<unit>ns|us|µs|μs|ms|s|m|h)", RegexOptions.ExplicitCapture)]
    private static partial Regex Part();
}
