using PodPool.DaprStandIn.Components;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>Which topics an application may publish to, or subscribe to, as a component's settings say.</summary>
/// <remarks>
/// allowedTopics, protectedTopics, publishingScopes and subscriptionScopes: https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-scopes/,
/// and IsOperationAllowed in dapr/dapr pkg/runtime/pubsub/pubsub.go, where a scope without topics is none.
/// </remarks>
/// <param name="component">The component.</param>
/// <param name="appId">The application.</param>
/// <param name="scopes">The setting: "app1=topic1,topic2;app2=topic3".</param>
internal sealed class TopicScopes(Component component, string appId, string scopes)
{
    private readonly string[] _allowed = List(component["allowedTopics"]);
    private readonly string[] _protected = List(component["protectedTopics"]);
    private readonly string[] _own = Own(component[scopes], appId);

    public bool Allows(string topic)
        => (_allowed.Length == 0 || _allowed.Contains(topic))
            && ((_own.Length == 0 && !_protected.Contains(topic)) || _own.Contains(topic));

    private static string[] List(string? value) => value?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static string[] Own(string? value, string appId)
        => (value?.Split(';', StringSplitOptions.TrimEntries) ?? [])
            .Select(scope => scope.Split('=', 2, StringSplitOptions.TrimEntries))
            .Where(scope => scope is [var id, _] && id == appId)
            .SelectMany(scope => List(scope[1])).ToArray();
}
