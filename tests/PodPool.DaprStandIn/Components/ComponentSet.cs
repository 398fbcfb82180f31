using System.Collections.Immutable;
using PodPool.DaprStandIn.Bindings;
using PodPool.DaprStandIn.Configuration;
using PodPool.DaprStandIn.Locks;
using PodPool.DaprStandIn.PubSub;
using PodPool.DaprStandIn.Secrets;
using PodPool.DaprStandIn.State;

namespace PodPool.DaprStandIn.Components;

/// <summary>The components that were made, by what they are and their names.</summary>
internal sealed class ComponentSet
{
    /// <summary>As they are described, with what they can do.</summary>
    public List<(Component Component, ImmutableArray<string> Capabilities)> All { get; } = [];

    public Dictionary<string, RedisStateStore> StateStores { get; } = [];

    public Dictionary<string, RedisPubSub> PubSubs { get; } = [];

    public Dictionary<string, RedisLockStore> LockStores { get; } = [];

    public Dictionary<string, RedisConfigurationStore> ConfigurationStores { get; } = [];

    public Dictionary<string, LocalFileSecretStore> SecretStores { get; } = [];

    public Dictionary<string, RedisBinding> OutputBindings { get; } = [];

    public List<CronBinding> InputBindings { get; } = [];
}
