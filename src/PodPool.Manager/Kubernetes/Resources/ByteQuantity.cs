using System.Globalization;
using System.Text.RegularExpressions;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>Amounts of memory as Kubernetes writes them: <c>64Mi</c> is 64 × 2²⁰ bytes, <c>64M</c> is 64 × 10⁶.</summary>
internal static partial class ByteQuantity
{
    /// <summary>Reads an amount; a fraction of a byte is rounded up, as Kubernetes does.</summary>
    /// <param name="text">The text.</param>
    /// <param name="field">The field that holds it, for the message.</param>
    /// <returns>Bytes; never negative.</returns>
    /// <exception cref="FormatException">It is none, or more than fits.</exception>
    public static long Parse(string? text, string field)
    {
        var match = Quantity().Match(text ?? "");
        if (!match.Success)
        {
            throw new FormatException($"{field} is '{text}', which is no amount of memory: write it like 16Mi, 1.5Gi or 1048576");
        }

        try
        {
            var number = decimal.Parse(match.Groups["number"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
            return decimal.ToInt64(decimal.Ceiling(number * UnitOf(match.Groups["unit"].Value)));
        }
        catch (OverflowException exception)
        {
            throw new FormatException($"{field} is '{text}', which is more than there can be", exception);
        }
    }

    /// <summary>Reads an amount within bounds.</summary>
    /// <exception cref="FormatException">It is none, or out of bounds.</exception>
    public static long Parse(string? text, string field, long min, long max)
    {
        var bytes = Parse(text, field);
        return bytes >= min && bytes <= max ? bytes : throw new FormatException($"{field} is '{text}'; {Format(min)} to {Format(max)} are allowed");
    }

    /// <summary>Writes an amount in the largest binary unit that leaves it whole.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public static string Format(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        string[] units = ["", "Ki", "Mi", "Gi", "Ti"];
        var unit = 0;
        while (bytes != 0 && bytes % 1024 == 0 && unit < units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + units[unit];
    }

    private static decimal UnitOf(string unit) => unit switch
    {
        "k" => 1_000m,
        "M" => 1_000_000m,
        "G" => 1_000_000_000m,
        "T" => 1_000_000_000_000m,
        "Ki" => 1L << 10,
        "Mi" => 1L << 20,
        "Gi" => 1L << 30,
        "Ti" => 1L << 40,
        _ => 1m,
    };

    [GeneratedRegex(@"\A(?<number>[0-9]+(\.[0-9]+)?)(?<unit>[KMGT]i|[kMGT])?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Quantity();
}
