using PodPool.DaprStandIn.Components;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Locks;

/// <summary>lock.redis: a lock is a key that holds its owner and goes when it expires.</summary>
/// <remarks>dapr/components-contrib lock/redis/standalone.go; the keys: dapr/dapr pkg/components/lock/lock_config.go.</remarks>
internal sealed class RedisLockStore(Component component, string appId, ConnectionMultiplexer redis)
{
    // KEYS[1]: the lock. ARGV[1]: who wants to let go of it.
    private const string UnlockScript = """
        local owner = redis.call('GET', KEYS[1])
        if not owner then
          return -1
        end
        if owner ~= ARGV[1] then
          return -2
        end
        return redis.call('DEL', KEYS[1])
        """;

    private readonly IDatabase _locks = redis.GetDatabase();
    private readonly KeyPrefix _prefix = new(component, appId);

    /// <exception cref="FormatException">The resource's id holds the separator of keys.</exception>
    /// <exception cref="RedisException">Redis said no.</exception>
    public Task<bool> TryLockAsync(string resource, string owner, int seconds)
        => _locks.StringSetAsync(KeyOf(resource), owner, TimeSpan.FromSeconds(seconds), When.NotExists);

    /// <returns>0: it is free now; 1: there was no such lock; 2: it is another's.</returns>
    /// <exception cref="FormatException">The resource's id holds the separator of keys.</exception>
    /// <exception cref="RedisException">Redis said no.</exception>
    public async Task<int> UnlockAsync(string resource, string owner)
        => (int)await _locks.ScriptEvaluateAsync(UnlockScript, [KeyOf(resource)], [owner]) switch
        {
            -1 => 1,
            -2 => 2,
            _ => 0,
        };

    private RedisKey KeyOf(string resource) => "lock||" + _prefix.Enter(resource);
}
