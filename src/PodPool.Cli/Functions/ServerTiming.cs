using System.Globalization;
using System.Net.Http.Headers;
using PodPool.Contracts;

namespace PodPool.Cli.Functions;

/// <summary>Reads the phases of a start from a response's <c>Server-Timing</c>.</summary>
internal static class ServerTiming
{
    /// <summary>Milliseconds by phase, in the order in which they happen; what is no phase of ours is left out.</summary>
    public static IReadOnlyDictionary<string, double> Read(HttpResponseHeaders headers)
        => headers.TryGetValues("Server-Timing", out var values) ? Parse(values) : new Dictionary<string, double>();

    /// <inheritdoc cref="Read"/>
    public static IReadOnlyDictionary<string, double> Parse(IEnumerable<string> values)
    {
        var found = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var metric in values.SelectMany(value => value.Split(',')))
        {
            var parts = metric.Split(';', StringSplitOptions.TrimEntries);
            var duration = parts.Skip(1).FirstOrDefault(part => part.StartsWith("dur=", StringComparison.OrdinalIgnoreCase));
            if (duration is not null && double.TryParse(duration.AsSpan(4), NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds))
            {
                found[parts[0]] = milliseconds;
            }
        }

        return PhaseNames.All.Where(found.ContainsKey).ToDictionary(phase => phase, phase => found[phase], StringComparer.Ordinal);
    }
}
