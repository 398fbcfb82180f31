using Dapr.Client.Autogen.Grpc.v1;
using PodPool.DaprStandIn.Components;
using PodPool.DaprStandIn.PubSub;

namespace PodPool.DaprStandIn;

/// <summary>What both APIs say of the process: dapr/dapr pkg/api/universal/metadata.go.</summary>
internal sealed class MetadataApi(Flags flags, ComponentSet components, Subscriptions subscriptions, RuntimeState state)
{
    public GetMetadataResponse Get() => new()
    {
        Id = flags.AppId,
        RuntimeVersion = RuntimeState.Version,
        ExtendedMetadata = { state.Extended.ToDictionary(), new Dictionary<string, string> { ["daprRuntimeVersion"] = RuntimeState.Version } },
        RegisteredComponents =
        {
            components.All.Select(one => new RegisteredComponents
            {
                Name = one.Component.Name, Type = one.Component.Type, Version = one.Component.Version, Capabilities = { one.Capabilities },
            }),
        },
        Subscriptions = { subscriptions.All.Select(Subscribed) },
        AppConnectionProperties = new() { Port = flags.AppPort, Protocol = flags.AppProtocol, ChannelAddress = flags.AppChannelAddress, MaxConcurrency = flags.AppMaxConcurrency },
        ActorRuntime = new() { RuntimeStatus = ActorRuntime.Types.ActorRuntimeStatus.Disabled },
    };

    public void Set(string key, string value)
    {
        if (key.Length > 0)
        {
            state.Extended[key] = value;
        }
    }

    private static PubsubSubscription Subscribed(Subscription subscription) => new()
    {
        PubsubName = subscription.PubSub,
        Topic = subscription.Topic,
        DeadLetterTopic = subscription.DeadLetterTopic,
        Metadata = { subscription.Metadata.ToDictionary() },
        Rules = new() { Rules = { subscription.Routes.Select(route => new PubsubSubscriptionRule { Match = route.Match, Path = route.Path }) } },
        Type = (PubsubSubscriptionType)(int)subscription.Kind,
    };
}
