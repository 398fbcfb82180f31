using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace PodPool.Router.Forwarding;

/// <summary>The URI that a request is forwarded to: what the caller wrote, byte by byte, less the prefix that led here.</summary>
/// <remarks>
/// Decoding and encoding again would change what the function sees (<c>%2F</c>, <c>%25</c>, the case of escapes). Only where what the
/// caller wrote is not what was routed (dot segments, an escaped prefix, a whole URI) the decoded path is encoded anew.
/// </remarks>
internal static class RequestTarget
{
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>The target of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="prefix">The part of its path that only led here; empty: none.</param>
    public static Uri Of(HttpContext context, string prefix)
    {
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!IsAsRouted(raw, context.Request.Path.Value, prefix))
        {
            context.Request.Path.StartsWithSegments(prefix, StringComparison.Ordinal, out var rest);
            return RequestUtilities.MakeDestinationAddress(Exchange.Destination, rest.HasValue ? rest : new PathString("/"), context.Request.QueryString);
        }

        var remaining = raw.AsSpan(prefix.Length);
        var slash = remaining.StartsWith('/') ? "" : "/";
        return new(string.Concat(Exchange.Destination, slash, remaining), in AsWritten);
    }

    private static bool IsAsRouted(ReadOnlySpan<char> raw, ReadOnlySpan<char> path, ReadOnlySpan<char> prefix)
    {
        // Nothing that could end the request line early, or is no part of a URI.
        if (!raw.StartsWith('/') || raw.ContainsAnyExceptInRange('!', '~') || raw.Contains('#'))
        {
            return false;
        }

        var question = raw.IndexOf('?');
        var written = question < 0 ? raw : raw[..question];
        if (written.SequenceEqual(path))
        {
            return true;
        }

        return written.StartsWith(prefix)
            && (written.Length == prefix.Length || written[prefix.Length] == '/')
            && !written.Contains("/.", StringComparison.Ordinal)
            && !written.Contains("%2e", StringComparison.OrdinalIgnoreCase);
    }
}
