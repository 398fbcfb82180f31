using Dapr.Client.Autogen.Grpc.v1;
using PodPool.DaprStandIn.Components;
using PodPool.DaprStandIn.Errors;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Locks;

/// <summary>What both APIs do with locks, in the order in which daprd looks at a request (dapr/dapr pkg/api/universal/lock.go).</summary>
internal sealed class LockApi(ComponentSet components)
{
    /// <exception cref="DaprException">The request makes no sense, or Redis said no.</exception>
    public async Task<TryLockResponse> TryLockAsync(TryLockRequest request)
    {
        if (request.ExpiryInSeconds <= 0)
        {
            throw OtherErrors.ExpiryNotPositive(request.StoreName);
        }

        var store = Store(request.StoreName, request.ResourceId, request.LockOwner);
        try
        {
            return new() { Success = await store.TryLockAsync(request.ResourceId, request.LockOwner, request.ExpiryInSeconds) };
        }
        catch (Exception exception) when (exception is FormatException or RedisException)
        {
            throw OtherErrors.TryLock(exception.Message);
        }
    }

    /// <exception cref="DaprException">The request makes no sense, or Redis said no.</exception>
    public async Task<UnlockResponse> UnlockAsync(UnlockRequest request)
    {
        var store = Store(request.StoreName, request.ResourceId, request.LockOwner);
        try
        {
            return new() { Status = (UnlockResponse.Types.Status)await store.UnlockAsync(request.ResourceId, request.LockOwner) };
        }
        catch (Exception exception) when (exception is FormatException or RedisException)
        {
            throw OtherErrors.Unlock(exception.Message);
        }
    }

    private RedisLockStore Store(string name, string resource, string owner)
        => components.LockStores.Count == 0 ? throw OtherErrors.LockStoresNotConfigured()
            : resource.Length == 0 ? throw OtherErrors.ResourceIdEmpty(name)
            : owner.Length == 0 ? throw OtherErrors.LockOwnerEmpty(name)
            : components.LockStores.TryGetValue(name, out var store) ? store
            : throw OtherErrors.LockStoreNotFound(name);
}
