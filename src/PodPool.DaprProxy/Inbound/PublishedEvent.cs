using System.Text.Json;
using Dapr.AppCallback.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace PodPool.DaprProxy.Inbound;

/// <summary>A CloudEvent that came as bytes, because another function takes all of its topic for bytes.</summary>
/// <remarks>Read as daprd reads one: dapr/dapr pkg/runtime/subscription and pkg/runtime/channel. Data is JSON unless its type says otherwise.</remarks>
internal static class PublishedEvent
{
    /// <returns>Null: it is no CloudEvent.</returns>
    public static TopicEvent? In(TopicEventRequest raw)
    {
        try
        {
            var fields = JsonParser.Default.Parse<Struct>(raw.Data.ToStringUtf8());
            using var document = JsonDocument.Parse(raw.Data.Memory);
            var request = new TopicEventRequest
            {
                Id = TextOf(fields, "id"), Source = TextOf(fields, "source"), Type = TextOf(fields, "type"), SpecVersion = TextOf(fields, "specversion"),
                DataContentType = TextOf(fields, "datacontenttype"), Topic = raw.Topic, PubsubName = raw.PubsubName, Data = DataIn(document.RootElement, TextOf(fields, "datacontenttype")),
                Extensions = fields,
            };
            return request.Id.Length > 0 ? new(request) : null;
        }
        catch (Exception exception) when (exception is IOException or JsonException or FormatException or InvalidOperationException)
        {
            // What protobuf does not like of JSON is an IOException.
            return null;
        }
    }

    private static string TextOf(Struct fields, string name) => fields.Fields.GetValueOrDefault(name)?.StringValue ?? "";

    private static ByteString DataIn(JsonElement published, string contentType)
        => published.TryGetProperty("data_base64", out var bytes) ? ByteString.CopyFrom(bytes.GetBytesFromBase64())
            : !published.TryGetProperty("data", out var data) ? ByteString.Empty
            : ByteString.CopyFromUtf8(data.ValueKind == JsonValueKind.String && !TopicEvent.IsJson(contentType) ? data.GetString()! : data.GetRawText());
}
