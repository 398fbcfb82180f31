using System.Diagnostics;
using System.Net.Http.Headers;

namespace PodPool.Router.Forwarding;

/// <summary>W3C trace context: the caller's goes through, the router's own span stands in it if there is one, and nobody goes without.</summary>
internal static class TraceContext
{
    private const string TraceParent = "traceparent";

    /// <summary>Writes it to a request that already has the caller's headers.</summary>
    public static void Pass(HttpRequestHeaders headers)
    {
        if (Activity.Current is { } activity)
        {
            DistributedContextPropagator.Current.Inject(activity, headers, static (carrier, name, value) =>
            {
                var to = (HttpRequestHeaders)carrier!;
                to.Remove(name);
                to.TryAddWithoutValidation(name, value);
            });
        }
        else if (!headers.NonValidated.Contains(TraceParent))
        {
            headers.TryAddWithoutValidation(TraceParent, NewParent());
        }
    }

    /// <summary>A new trace that nobody has decided to record: version, trace, span, flags.</summary>
    private static string NewParent() => string.Create(55, 0, static (text, _) =>
    {
        Span<byte> ids = stackalloc byte[24];
        Random.Shared.NextBytes(ids);

        // All zeros would be no trace, and no span.
        ids[15] |= 1;
        ids[23] |= 1;
        "00-".CopyTo(text);
        Convert.TryToHexStringLower(ids[..16], text[3..], out var _);
        text[35] = '-';
        Convert.TryToHexStringLower(ids[16..], text[36..], out var _);
        "-00".CopyTo(text[52..]);
    });
}
