using System.Net.Http.Headers;
using PodPool.Contracts;
using PodPool.Router.Holding;

namespace PodPool.Router.Forwarding;

/// <summary>Headers between callers and pods: what is ours does not cross, what callers are is told.</summary>
internal static class CallerHeaders
{
    /// <summary>Removes what begins with <c>x-podpool-</c>: callers may not say such things.</summary>
    public static void RemoveOurs(HttpHeaders headers) => Remove(headers, Find(headers));

    /// <summary>Removes what a pod said to the router.</summary>
    /// <returns>The reason, if it gave one.</returns>
    public static string? TakeReason(HttpResponseHeaders headers)
    {
        if (Find(headers) is not { } ours)
        {
            return null;
        }

        var reason = headers.NonValidated.TryGetValues(WireHeaders.Reason, out var values) ? values.ToString() : null;
        Remove(headers, ours);
        return reason;
    }

    /// <summary>Says who called, by what, under which name and by which path; behind what proxies before us said.</summary>
    /// <returns>The part of the path that only led here; empty: none.</returns>
    public static string AddForwarded(HttpContext context, HttpRequestHeaders headers, Function function, int prefixLength)
    {
        var remote = context.Connection.RemoteIpAddress;
        if (remote is not null)
        {
            headers.TryAddWithoutValidation("X-Forwarded-For", (remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote).ToString());
        }

        headers.TryAddWithoutValidation("X-Forwarded-Proto", "http");
        if (context.Request.Host is { HasValue: true } host)
        {
            headers.TryAddWithoutValidation("X-Forwarded-Host", host.Value);
        }

        if (prefixLength == 0)
        {
            return "";
        }

        var path = context.Request.Path.Value!;
        var prefix = path.AsSpan(0, prefixLength).SequenceEqual(function.Prefix) ? function.Prefix : path[..prefixLength];
        headers.TryAddWithoutValidation("X-Forwarded-Prefix", prefix);
        return prefix;
    }

    private static List<string>? Find(HttpHeaders headers)
    {
        List<string>? found = null;
        foreach (var header in headers.NonValidated)
        {
            if (header.Key.StartsWith(WireHeaders.Prefix, StringComparison.OrdinalIgnoreCase))
            {
                (found ??= []).Add(header.Key);
            }
        }

        return found;
    }

    private static void Remove(HttpHeaders headers, List<string>? names)
    {
        foreach (var name in names ?? [])
        {
            headers.Remove(name);
        }
    }
}
