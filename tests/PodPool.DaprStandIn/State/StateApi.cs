using PodPool.DaprStandIn.Components;
using PodPool.DaprStandIn.Errors;
using PodPool.DaprStandIn.Go;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.State;

/// <summary>What both APIs do with state.</summary>
internal sealed class StateApi(ComponentSet components, string appId)
{
    /// <summary>A store by its name.</summary>
    /// <exception cref="DaprException">There is none.</exception>
    public RedisStateStore Store(string name)
        => components.StateStores.TryGetValue(name, out var store) ? store
            : throw (components.StateStores.Count == 0 ? StateErrors.NotConfigured(name, appId) : StateErrors.NotFound(name, appId));

    /// <exception cref="DaprException">Redis said no.</exception>
    public static async Task<FoundItem?> GetAsync(RedisStateStore store, string key, string storeKey, IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            return await store.GetAsync(storeKey, metadata);
        }
        catch (Exception exception) when (exception is RedisException or StateStoreException)
        {
            throw StateErrors.Get(store.Name, key, exception.Message);
        }
    }

    /// <summary>Several at once: one that cannot be read does not spoil the others.</summary>
    public static Task<(string Key, FoundItem? Item, string Error)[]> GetAsync(RedisStateStore store, IEnumerable<string> storeKeys, IReadOnlyDictionary<string, string> metadata)
        => Task.WhenAll(storeKeys.Select(async key =>
        {
            try
            {
                return (KeyPrefix.Leave(key), await store.GetAsync(key, metadata), "");
            }
            catch (Exception exception) when (exception is RedisException or StateStoreException)
            {
                return (KeyPrefix.Leave(key), (FoundItem?)null, exception.Message);
            }
        }));

    /// <exception cref="DaprException">Not all were saved.</exception>
    public static async Task SaveAsync(RedisStateStore store, IReadOnlyList<SetItem> items)
    {
        if (await EachAsync(items, store.SetAsync) is { } fault)
        {
            throw StateErrors.Save(store.Name, fault);
        }
    }

    /// <exception cref="DaprException">It was not deleted.</exception>
    public static async Task DeleteAsync(RedisStateStore store, string key, DeleteItem item)
    {
        try
        {
            await store.DeleteAsync(item);
        }
        catch (StateStoreException exception)
        {
            throw StateErrors.Delete(key, exception);
        }
    }

    /// <exception cref="DaprException">Not all were deleted.</exception>
    public static async Task DeleteAsync(RedisStateStore store, IReadOnlyList<DeleteItem> items)
    {
        if (await EachAsync(items, store.DeleteAsync) is { } fault)
        {
            throw StateErrors.BulkDelete(store.Name, fault);
        }
    }

    /// <exception cref="DaprException">One of them failed.</exception>
    public static async Task RunAsync(RedisStateStore store, IReadOnlyList<StateOperation> operations)
    {
        try
        {
            await store.RunAsync(operations);
        }
        catch (StateStoreException exception)
        {
            throw StateErrors.Transaction(exception.Message);
        }
    }

    /// <summary>A query. It always fails: real stores of Redis answer the same unless they have RediSearch and were given an index.</summary>
    /// <remarks>dapr/components-contrib state/redis/redis.go, Query; dapr/dapr pkg/api/universal/state_query.go.</remarks>
    public DaprException Query(string name, string query, IReadOnlyDictionary<string, string> metadata)
    {
        Store(name);
        try
        {
            _ = new GoObject(GoJson.Parse(System.Text.Encoding.UTF8.GetBytes(query)), "query.Query");
        }
        catch (FormatException exception)
        {
            return StateErrors.Query(name, "failed to parse JSON query body: " + exception.Message);
        }

        return StateErrors.Query(name, metadata.TryGetValue("queryIndexName", out var index) ? $"query index schema \"{index}\" not found" : "query index not found");
    }

    /// <remarks>One alone is not a bulk operation to daprd: its error is passed on as it is (dapr/dapr pkg/components/state/bulk.go).</remarks>
    private static async Task<StateStoreException?> EachAsync<T>(IReadOnlyList<T> items, Func<T, Task> each)
        where T : StateOperation
    {
        var faults = await Task.WhenAll(items.Select(async item =>
        {
            try
            {
                await each(item);
                return null;
            }
            catch (StateStoreException exception)
            {
                return exception;
            }
        }));
        var failed = items.Zip(faults).Where(pair => pair.Second is not null).Select(pair => (pair.First.Key, pair.Second!)).ToList();
        return failed.Count == 0 ? null : items.Count == 1 ? failed[0].Item2 : StateStoreException.Several(failed);
    }
}
