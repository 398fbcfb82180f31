using Grpc.Core;

namespace PodPool.DaprStandIn.Errors;

/// <summary>What goes wrong with publishing.</summary>
/// <remarks>Texts, codes and details: dapr/dapr pkg/api/errors/pubsub.go.</remarks>
internal static class PubSubErrors
{
    public static DaprException NotFound(string pubSub)
        => new(StatusCode.InvalidArgument, 404, "ERR_PUBSUB_NOT_FOUND", $"pubsub {pubSub} is not found", ErrorDetails.Info("DAPR_PUBSUB_NOT_FOUND"));

    public static DaprException NameEmpty() => With(StatusCode.InvalidArgument, 404, "ERR_PUBSUB_EMPTY", "pubsub name is empty", "", "NAME_EMPTY");

    public static DaprException TopicEmpty(string pubSub)
        => With(StatusCode.InvalidArgument, 404, "ERR_TOPIC_NAME_EMPTY", $"topic is empty in pubsub {pubSub}", pubSub, "TOPIC_NAME_EMPTY");

    public static DaprException Metadata(string pubSub, string why)
        => With(StatusCode.InvalidArgument, 400, "ERR_PUBSUB_REQUEST_METADATA", $"failed deserializing metadata. Error: {why}", pubSub, "METADATA_DESERIALIZATION");

    public static DaprException CloudEvent(string pubSub)
        => With(StatusCode.InvalidArgument, 500, "ERR_PUBSUB_CLOUD_EVENTS_SER", "cannot create cloudevent", pubSub, "CLOUD_EVENT_CREATION");

    public static DaprException Envelope(string pubSub, string topic)
        => With(StatusCode.InvalidArgument, 500, "ERR_PUBSUB_CLOUD_EVENTS_SER", $"error when marshalling cloud event envelope for topic {topic} pubsub {pubSub}", pubSub, "MARSHAL_ENVELOPE");

    public static DaprException Entries(string pubSub, string topic, string why)
        => With(StatusCode.InvalidArgument, 400, "ERR_PUBSUB_EVENTS_SER", $"error marshaling events to bytes for topic {topic} pubsub {pubSub}. error: {why}", pubSub, "MARSHAL_EVENTS");

    public static DaprException Body(string pubSub, string topic, string why)
        => With(StatusCode.InvalidArgument, 400, "ERR_PUBSUB_EVENTS_SER", $"error when unmarshaling the request for topic {topic} pubsub {pubSub}: {why}", pubSub, "UNMARSHAL_EVENTS");

    public static DaprException Publish(string pubSub, string topic, string why)
        => With(StatusCode.Internal, 500, "ERR_PUBSUB_PUBLISH_MESSAGE", $"error when publishing to topic {topic} in pubsub {pubSub}: {why}", pubSub, "PUBLISH_MESSAGE", ("topic", topic), ("error", why));

    public static DaprException Forbidden(string pubSub, string topic, string appId)
        => With(
            StatusCode.PermissionDenied, 403, "ERR_PUBSUB_FORBIDDEN", $"topic {topic} is not allowed for app id {appId}", pubSub, "FORBIDDEN",
            ("topic", topic), ("error", $"topic {topic} is not allowed for app id {appId}"));

    private static DaprException With(StatusCode code, int status, string errorCode, string message, string pubSub, string reason, params ReadOnlySpan<(string, string)> metadata)
        => new(code, status, errorCode, message, ErrorDetails.Resource("pubsub", pubSub, message), ErrorDetails.Info("DAPR_PUBSUB_" + reason, metadata));
}
