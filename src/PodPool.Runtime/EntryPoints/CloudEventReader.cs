using System.Net.Mime;
using System.Text.Json;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;
using Microsoft.AspNetCore.Http;

namespace PodPool.Runtime.EntryPoints;

/// <summary>Reads a CloudEvent from a request: binary and structured mode of the HTTP binding, version 1.0.2.</summary>
internal static class CloudEventReader
{
    private const string HeaderPrefix = "ce-";
    private const string VersionHeader = "ce-specversion";

    /// <exception cref="BadHttpRequestException">The request holds no valid event; the message says why.</exception>
    public static async ValueTask<CloudEvent> ReadAsync(HttpRequest request, JsonEventFormatter formatter)
    {
        try
        {
            var contentType = request.ContentType is { Length: > 0 } type ? new ContentType(type) : null;
            using var bytes = new MemoryStream();
            await request.Body.CopyToAsync(bytes, request.HttpContext.RequestAborted).ConfigureAwait(false);
            var body = new ReadOnlyMemory<byte>(bytes.GetBuffer(), 0, (int)bytes.Length);
            if (contentType is not null && contentType.MediaType.StartsWith("application/cloudevents", StringComparison.OrdinalIgnoreCase))
            {
                return contentType.MediaType.StartsWith("application/cloudevents-batch", StringComparison.OrdinalIgnoreCase)
                    ? throw new BadHttpRequestException("A batch of events is not supported; send them one by one", StatusCodes.Status415UnsupportedMediaType)
                    : formatter.DecodeStructuredModeMessage(body, contentType, null);
            }

            var cloudEvent = new CloudEvent(Version(request));
            foreach (var (name, values) in request.Headers)
            {
                if (name.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase) && !name.Equals(VersionHeader, StringComparison.OrdinalIgnoreCase))
                {
                    cloudEvent.SetAttributeFromString(name[HeaderPrefix.Length..].ToLowerInvariant(), Uri.UnescapeDataString(values.ToString()));
                }
            }

            cloudEvent.DataContentType = request.ContentType;
            formatter.DecodeBinaryModeEventData(body, cloudEvent);
            return cloudEvent.IsValid ? cloudEvent : throw new BadHttpRequestException("The event lacks one of the attributes id, source and type");
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or JsonException or InvalidOperationException)
        {
            throw new BadHttpRequestException($"The request is no valid CloudEvent: {exception.Message}", exception);
        }
    }

    private static CloudEventsSpecVersion Version(HttpRequest request)
        => request.Headers.TryGetValue(VersionHeader, out var version)
            ? CloudEventsSpecVersion.FromVersionId(version)
                ?? throw new BadHttpRequestException($"The CloudEvents version '{version}' is not known; send 1.0")
            : throw new BadHttpRequestException(
                $"The request is no CloudEvent: it has neither the header {VersionHeader} nor the content type application/cloudevents+json",
                StatusCodes.Status415UnsupportedMediaType);
}
