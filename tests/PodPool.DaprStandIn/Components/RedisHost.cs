using StackExchange.Redis;

namespace PodPool.DaprStandIn.Components;

/// <summary>Connections to the Redis that a component names.</summary>
internal static class RedisHost
{
    /// <exception cref="FormatException">The component does not say where it is.</exception>
    /// <exception cref="RedisException">It cannot be reached.</exception>
    public static async Task<ConnectionMultiplexer> ConnectAsync(Component component)
    {
        var options = new ConfigurationOptions
        {
            // Raw answers are read below: they look otherwise by version 3 of the protocol.
            Protocol = RedisProtocol.Resp2,
            AbortOnConnectFail = true,
            ConnectTimeout = 5000,
            Password = component["redisPassword"],
            User = component["redisUsername"],
            Ssl = component["enableTLS"] == "true",
            DefaultDatabase = component.Number("redisDB", 0),
            AllowAdmin = true,
        };
        options.EndPoints.Add(component["redisHost"] ?? throw new FormatException("redis store error: missing host address"));
        return await ConnectionMultiplexer.ConnectAsync(options);
    }
}
