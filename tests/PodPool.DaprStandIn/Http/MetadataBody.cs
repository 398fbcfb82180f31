using System.Text.Json.Nodes;
using Dapr.Client.Autogen.Grpc.v1;

namespace PodPool.DaprStandIn.Http;

/// <summary>What daprd says of itself, as HTTP has it: dapr/dapr pkg/api/http/metadata.go.</summary>
internal static class MetadataBody
{
    public static JsonObject Of(GetMetadataResponse metadata)
    {
        var body = new JsonObject { ["id"] = metadata.Id, ["runtimeVersion"] = metadata.RuntimeVersion };
        if (metadata.RegisteredComponents.Count > 0)
        {
            body["components"] = new JsonArray([.. metadata.RegisteredComponents.Select(Component)]);
        }

        body["extended"] = Reply.Map(metadata.ExtendedMetadata);
        if (metadata.Subscriptions.Count > 0)
        {
            body["subscriptions"] = new JsonArray([.. metadata.Subscriptions.Select(Subscribed)]);
        }

        var app = metadata.AppConnectionProperties;
        var connection = new JsonObject();
        if (app.Port > 0)
        {
            connection["port"] = app.Port;
        }

        connection["protocol"] = app.Protocol;
        connection["channelAddress"] = app.ChannelAddress;
        if (app.MaxConcurrency > 0)
        {
            connection["maxConcurrency"] = app.MaxConcurrency;
        }

        body["appConnectionProperties"] = connection;
        body["actorRuntime"] = new JsonObject { ["runtimeStatus"] = "DISABLED", ["hostReady"] = false };
        return body;
    }

    private static JsonObject Component(RegisteredComponents component)
    {
        var body = new JsonObject { ["name"] = component.Name, ["type"] = component.Type };
        if (component.Version.Length > 0)
        {
            body["version"] = component.Version;
        }

        if (component.Capabilities.Count > 0)
        {
            body["capabilities"] = new JsonArray([.. component.Capabilities.Select(capability => (JsonNode)capability)]);
        }

        return body;
    }

    private static JsonObject Subscribed(PubsubSubscription subscription)
    {
        var body = new JsonObject { ["pubsubname"] = subscription.PubsubName, ["topic"] = subscription.Topic };
        if (subscription.Metadata.Count > 0)
        {
            body["metadata"] = Reply.Map(subscription.Metadata);
        }

        if (subscription.Rules?.Rules.Count > 0)
        {
            body["rules"] = new JsonArray([.. subscription.Rules.Rules.Select(rule => Reply.Map(new Dictionary<string, string> { ["match"] = rule.Match, ["path"] = rule.Path }.Where(pair => pair.Value.Length > 0)))]);
        }

        body["deadLetterTopic"] = subscription.DeadLetterTopic;
        body["type"] = subscription.Type.ToString().ToUpperInvariant();
        return body;
    }
}
