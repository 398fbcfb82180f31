using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>The W3C's trace context, which daprd puts into events and gives applications.</summary>
internal static partial class TraceParent
{
    /// <summary>A new span in the trace of the one given, or in a new trace.</summary>
    public static string Below(string? parent)
        => parent is not null && Form().IsMatch(parent) ? $"{parent[..36]}{Random(8)}{parent[52..]}" : $"00-{Random(16)}-{Random(8)}-00";

    private static string Random(int bytes) => RandomNumberGenerator.GetHexString(2 * bytes, lowercase: true);

    [GeneratedRegex("^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$", RegexOptions.None, 1000)]
    private static partial Regex Form();
}
