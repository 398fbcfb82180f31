using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>The envelopes of events.</summary>
/// <remarks>dapr/components-contrib pubsub/envelope.go; what callers may set themselves: dapr/dapr pkg/runtime/pubsub/cloudevents.go.</remarks>
internal static class CloudEvents
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Data in an envelope; an envelope that the caller made keeps what it says.</summary>
    /// <exception cref="FormatException">It should be one and is none.</exception>
    public static JsonObject Wrap(string appId, string pubSub, string topic, string contentType, byte[] data, string? traceParent, IReadOnlyDictionary<string, string> metadata, TimeProvider clock)
    {
        var trace = metadata.GetValueOrDefault("cloudevent.traceparent") ?? TraceParent.Below(traceParent);
        var state = metadata.GetValueOrDefault("cloudevent.tracestate") ?? "";
        var envelope = ContentTypes.IsCloudEvent(contentType) ? Given(data) : New(appId, contentType, data, metadata);
        envelope["traceid"] = trace;
        envelope["traceparent"] = trace;
        envelope["tracestate"] = state;
        envelope["topic"] = topic;
        envelope["pubsubname"] = pubSub;

        // Redis forgets no message by itself: daprd sees to their time to live.
        if (metadata.TryGetValue("ttlInSeconds", out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0)
        {
            envelope["expiration"] = (clock.GetUtcNow() + TimeSpan.FromSeconds(seconds)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        }

        return envelope;
    }

    /// <summary>What was published without an envelope, in one for the application.</summary>
    public static JsonObject FromRaw(byte[] data, string pubSub, string topic) => new()
    {
        ["id"] = Guid.NewGuid().ToString(),
        ["specversion"] = "1.0",
        ["datacontenttype"] = "application/octet-stream",
        ["source"] = "Dapr",
        ["type"] = "com.dapr.event.sent",
        ["topic"] = topic,
        ["pubsubname"] = pubSub,
        ["data_base64"] = Convert.ToBase64String(data),
    };

    public static bool HasExpired(JsonObject cloudEvent, TimeProvider clock)
        => Text(cloudEvent, "expiration") is { Length: > 0 } text
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expiration) && expiration < clock.GetUtcNow();

    /// <summary>A field that is text; null: it is not, or there is none.</summary>
    public static string? Text(JsonObject cloudEvent, string name) => cloudEvent[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>As bytes, the fields in order as Go writes a map.</summary>
    public static byte[] ToBytes(JsonObject cloudEvent)
        => JsonSerializer.SerializeToUtf8Bytes(new SortedDictionary<string, JsonNode?>(cloudEvent.ToDictionary(), StringComparer.Ordinal), Plain);

    private static JsonObject New(string appId, string contentType, byte[] data, IReadOnlyDictionary<string, string> metadata)
    {
        contentType = contentType.Length > 0 ? contentType : "text/plain";
        var envelope = new JsonObject
        {
            ["id"] = metadata.GetValueOrDefault("cloudevent.id") ?? Guid.NewGuid().ToString(),
            ["specversion"] = "1.0",
            ["datacontenttype"] = contentType,
            ["source"] = metadata.GetValueOrDefault("cloudevent.source") ?? appId,
            ["type"] = metadata.GetValueOrDefault("cloudevent.type") ?? "com.dapr.event.sent",
        };
        if (metadata.TryGetValue("cloudevent.subject", out var subject))
        {
            envelope["subject"] = subject;
        }

        if (ContentTypes.IsBinary(contentType))
        {
            envelope["data_base64"] = Convert.ToBase64String(data);
        }
        else
        {
            envelope["data"] = ContentTypes.IsJson(contentType) && TryParse(data, out var json) ? json : Encoding.UTF8.GetString(data);
        }

        return envelope;
    }

    private static JsonObject Given(byte[] data)
    {
        if (!TryParse(data, out var json) || json is not JsonObject envelope)
        {
            throw new FormatException("the event is no object of JSON");
        }

        envelope["source"] ??= "Dapr";
        envelope["type"] ??= "com.dapr.event.sent";
        envelope["specversion"] ??= "1.0";
        return envelope;
    }

    private static bool TryParse(byte[] data, out JsonNode? json)
    {
        try
        {
            json = JsonNode.Parse(data);
            return true;
        }
        catch (JsonException)
        {
            json = null;
            return false;
        }
    }
}
