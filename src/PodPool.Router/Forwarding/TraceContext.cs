using System.Diagnostics;
using System.Globalization;
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

    /// <summary>A new trace that nobody has decided to record.</summary>
    private static string NewParent()
    {
        var random = Random.Shared;
        return string.Create(
            CultureInfo.InvariantCulture, $"00-{random.NextInt64(1, long.MaxValue):x16}{random.NextInt64():x16}-{random.NextInt64(1, long.MaxValue):x16}-00");
    }
}
