using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.Runtime.Serving;

/// <summary>An <c>application/problem+json</c> that the pod answers in the function's stead (RFC 9457).</summary>
internal static class Problem
{
    /// <summary>Answers, if nothing was sent or waits to be sent.</summary>
    /// <returns>Whether the problem was written.</returns>
    public static async ValueTask<bool> TryWriteAsync(IFeatureCollection features, int status, string title, string detail, Reason reason, bool close = false)
    {
        var response = features.GetRequiredFeature<IHttpResponseFeature>();
        var body = features.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
        if (response.HasStarted || body is { CanGetUnflushedBytes: true, UnflushedBytes: > 0 })
        {
            return false;
        }

        var json = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "about:blank"u8);
            writer.WriteString("title"u8, title);
            writer.WriteNumber("status"u8, status);
            writer.WriteString("detail"u8, detail);
            writer.WriteString("reason"u8, reason.WireName());
            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
            {
                writer.WriteString("traceId"u8, activity.TraceId.ToHexString());
            }

            writer.WriteEndObject();
        }

        response.Headers.Clear();
        response.StatusCode = status;
        response.ReasonPhrase = null;
        response.Headers.ContentType = "application/problem+json";
        response.Headers.ContentLength = json.WrittenCount;
        response.Headers[WireHeaders.Reason] = new StringValues(reason.WireName());
        if (close)
        {
            response.Headers.Connection = "close";
        }

        await body.WriteAsync(json.WrittenMemory).ConfigureAwait(false);
        return true;
    }
}
