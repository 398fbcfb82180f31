using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>What a function may use of Dapr, from an object to the wire and back.</summary>
internal static class DaprMapping
{
    /// <summary>As managers keep it; null: the function does not use Dapr.</summary>
    public static DaprAccess? ToAccess(FunctionDapr? dapr) => dapr is null ? null : new()
    {
        StateStores = { dapr.StateStores.Select(store => new StateStoreAccess { Store = store.Name, Shared = store.Shared ?? "" }) },
        PubSubs = { dapr.PubSubs.Select(pubSub => new PubSubAccess { PubSub = pubSub.Name, Topics = { pubSub.Topics } }) },
        Bindings = { dapr.Bindings },
        SecretStores = { dapr.SecretStores.Select(store => new SecretStoreAccess { Store = store.Name, Secrets = { store.Secrets } }) },
        ConfigurationStores = { dapr.ConfigurationStores.Select(store => new ConfigurationStoreAccess { Store = store.Name, Keys = { store.Keys } }) },
        LockStores = { dapr.LockStores.Select(store => new LockStoreAccess { Store = store.Name, Shared = store.Shared ?? "" }) },
        Invoke = { dapr.Invoke },
        Subscriptions = { dapr.Subscriptions.Select(ToSubscription) },
        InputBindings = { dapr.InputBindings.Select(binding => new DaprInputBinding { Name = binding.Name, Path = binding.Path ?? "" }) },
    };

    /// <summary>As an object has it.</summary>
    public static FunctionDapr? ToResource(DaprAccess? access) => access is null ? null : new()
    {
        StateStores = [.. access.StateStores.Select(store => new KeyedStore { Name = store.Store, Shared = Given(store.Shared) })],
        PubSubs = [.. access.PubSubs.Select(pubSub => new FunctionPubSub { Name = pubSub.PubSub, Topics = [.. pubSub.Topics] })],
        Bindings = [.. access.Bindings],
        SecretStores = [.. access.SecretStores.Select(store => new FunctionSecretStore { Name = store.Store, Secrets = [.. store.Secrets] })],
        ConfigurationStores = [.. access.ConfigurationStores.Select(store => new FunctionConfigurationStore { Name = store.Store, Keys = [.. store.Keys] })],
        LockStores = [.. access.LockStores.Select(store => new KeyedStore { Name = store.Store, Shared = Given(store.Shared) })],
        Invoke = [.. access.Invoke],
        Subscriptions = [.. access.Subscriptions.Select(ToResource)],
        InputBindings = [.. access.InputBindings.Select(binding => new FunctionInputBinding { Name = binding.Name, Path = Given(binding.Path) })],
    };

    private static DaprSubscription ToSubscription(FunctionSubscription subscription) => new()
    {
        PubSub = subscription.PubSub,
        Topic = subscription.Topic,
        RawPayload = subscription.RawPayload,
        Rules = { subscription.Rules.Select(rule => new EventRule { Match = rule.Match, Path = rule.Path }) },
        Path = subscription.Path ?? "",
        DeadLetterTopic = subscription.DeadLetterTopic ?? "",
        Bulk = subscription.Bulk is { } bulk ? new() { MaxMessages = bulk.MaxMessages, MaxAwaitMilliseconds = bulk.MaxAwaitMilliseconds } : null,
    };

    private static FunctionSubscription ToResource(DaprSubscription subscription) => new()
    {
        PubSub = subscription.PubSub,
        Topic = subscription.Topic,
        RawPayload = subscription.RawPayload,
        Rules = [.. subscription.Rules.Select(rule => new FunctionEventRule { Match = rule.Match, Path = rule.Path })],
        Path = Given(subscription.Path),
        DeadLetterTopic = Given(subscription.DeadLetterTopic),
        Bulk = subscription.Bulk is { } bulk ? new() { MaxMessages = bulk.MaxMessages, MaxAwaitMilliseconds = bulk.MaxAwaitMilliseconds } : null,
    };

    private static string? Given(string text) => text.Length == 0 ? null : text;
}
