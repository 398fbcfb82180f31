using System.Text;
using System.Text.Json.Nodes;
using Dapr.AppCallback.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using PodPool.DaprStandIn.PubSub;

namespace PodPool.DaprStandIn.Apps;

/// <summary>Events as gRPC has them.</summary>
/// <remarks>GRPCEnvelopeFromSubscriptionMessage in dapr/dapr pkg/runtime/pubsub/subscriptions.go.</remarks>
internal static class TopicEventRequests
{
    /// <summary>Fields that have a place of their own in the message; all others are extensions.</summary>
    private static readonly string[] Known =
        ["id", "source", "datacontenttype", "type", "specversion", "data", "data_base64"];

    /// <exception cref="FormatException">The data are not what their type says.</exception>
    public static TopicEventRequest Of(TopicEvent topicEvent)
    {
        var cloudEvent = topicEvent.CloudEvent;
        return new()
        {
            Id = Text(cloudEvent, "id"),
            Source = Text(cloudEvent, "source"),
            DataContentType = Text(cloudEvent, "datacontenttype"),
            Type = Text(cloudEvent, "type"),
            SpecVersion = Text(cloudEvent, "specversion"),
            Topic = topicEvent.Topic,
            PubsubName = topicEvent.PubSub,
            Path = topicEvent.Path,
            Data = Data(cloudEvent),
            Extensions = Extensions(cloudEvent),
        };
    }

    /// <exception cref="FormatException">The data are not what their type says.</exception>
    public static TopicEventBulkRequestEntry Of(BulkEventEntry entry)
    {
        var request = new TopicEventBulkRequestEntry { EntryId = entry.Id, ContentType = entry.ContentType, Metadata = { entry.Metadata.ToDictionary() } };
        if (entry.CloudEvent is not { } cloudEvent)
        {
            request.Bytes = ByteString.CopyFrom(entry.Data);
            return request;
        }

        request.CloudEvent = new()
        {
            Id = Text(cloudEvent, "id"),
            Source = Text(cloudEvent, "source"),
            DataContentType = Text(cloudEvent, "datacontenttype"),
            Type = Text(cloudEvent, "type"),
            SpecVersion = Text(cloudEvent, "specversion"),
            Data = Data(cloudEvent),
            Extensions = Extensions(cloudEvent),
        };
        return request;
    }

    private static string Text(JsonObject cloudEvent, string name) => CloudEvents.Text(cloudEvent, name) ?? "";

    private static ByteString Data(JsonObject cloudEvent)
    {
        if (cloudEvent["data_base64"] is { } binary)
        {
            return ByteString.FromBase64(binary is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw new FormatException("unexpected data type encountered in envelope"));
        }

        var type = Text(cloudEvent, "datacontenttype");
        return cloudEvent["data"] is not { } data ? ByteString.Empty
            : ContentTypes.IsText(type)
                ? ByteString.CopyFrom(data is JsonValue one && one.TryGetValue<string>(out var plain) ? plain : throw new FormatException("unexpected data type encountered in envelope"), Encoding.UTF8)
            : ContentTypes.IsJson(type) || ContentTypes.IsCloudEvent(type) ? ByteString.CopyFrom(data.ToJsonString(), Encoding.UTF8)
            : ByteString.Empty;
    }

    private static Struct Extensions(JsonObject cloudEvent)
        => Struct.Parser.ParseJson(new JsonObject(cloudEvent.Where(field => !Known.Contains(field.Key)).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))).ToJsonString());
}
