using System.Globalization;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Bindings;

/// <summary>bindings.redis, which takes data out of Dapr into keys of Redis.</summary>
/// <remarks>dapr/components-contrib bindings/redis/redis.go.</remarks>
internal sealed class RedisBinding(ConnectionMultiplexer redis)
{
    private readonly IDatabase _keys = redis.GetDatabase();

    /// <returns>What was found, empty if nothing was; null where nothing was asked for.</returns>
    /// <exception cref="FormatException">The request makes no sense.</exception>
    /// <exception cref="RedisException">Redis said no.</exception>
    public async Task<byte[]?> InvokeAsync(string operation, byte[] data, IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue("key", out var key) || key.Length == 0)
        {
            throw new FormatException("redis binding: missing key in request metadata");
        }

        switch (operation)
        {
            case "create":
                await _keys.StringSetAsync(key, data);
                await ExpireAsync(key, metadata);
                return null;
            case "increment":
                await _keys.StringIncrementAsync(key);
                await ExpireAsync(key, metadata);
                return null;
            case "delete":
                await _keys.KeyDeleteAsync(key);
                return null;
            default:
                var value = metadata.GetValueOrDefault("delete") == "true" ? await _keys.StringGetDeleteAsync(key) : await _keys.StringGetAsync(key);
                return (byte[]?)value ?? [];
        }
    }

    private async Task ExpireAsync(string key, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.TryGetValue("ttlInSeconds", out var seconds))
        {
            await _keys.KeyExpireAsync(key, TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)));
        }
    }
}
