using PodPool.DaprStandIn.Components;
using PodPool.DaprStandIn.Errors;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Configuration;

/// <summary>What both APIs do with configuration.</summary>
internal sealed class ConfigurationApi(ComponentSet components)
{
    /// <exception cref="DaprException">There is no such store.</exception>
    public RedisConfigurationStore Store(string name)
        => components.ConfigurationStores.TryGetValue(name, out var store) ? store
            : throw (components.ConfigurationStores.Count == 0 ? OtherErrors.ConfigurationStoresNotConfigured() : OtherErrors.ConfigurationStoreNotFound(name));

    /// <exception cref="DaprException">There is no such store, or Redis said no.</exception>
    public async Task<Dictionary<string, ConfigurationValue>> GetAsync(string name, IReadOnlyList<string> keys)
    {
        try
        {
            return await Store(name).GetAsync(keys);
        }
        catch (RedisException exception)
        {
            throw OtherErrors.ConfigurationGet(name, keys, exception.Message);
        }
    }
}
