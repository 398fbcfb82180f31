using System.Collections.Concurrent;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Configuration;

/// <summary>An item of configuration: a value and its version.</summary>
internal sealed record ConfigurationValue(string Value, string Version);

/// <summary>Items that changed. One that is gone has no value.</summary>
internal sealed record ConfigurationChange(string SubscriptionId, IReadOnlyDictionary<string, ConfigurationValue> Items);

/// <summary>configuration.redis: an item is a plain value, "value||version"; changes are Redis's notifications of its key space.</summary>
/// <remarks>dapr/components-contrib configuration/redis/redis.go.</remarks>
internal sealed partial class RedisConfigurationStore(ConnectionMultiplexer redis, ILoggerFactory loggers)
{
    private const string Separator = "||";

    private readonly ILogger _logger = loggers.CreateLogger("dapr.contrib");
    private readonly IDatabase _items = redis.GetDatabase();
    private readonly ConcurrentDictionary<string, IReadOnlyList<ChannelMessageQueue>> _subscriptions = new();

    /// <summary>Items by their keys; no keys: all. What is not there or no plain value is left out.</summary>
    /// <exception cref="RedisException">Redis said no.</exception>
    public async Task<Dictionary<string, ConfigurationValue>> GetAsync(IReadOnlyList<string> keys)
    {
        if (keys.Count == 0)
        {
            keys = [.. (string[])(await _items.ExecuteAsync("KEYS", "*"))!];
        }

        var found = new Dictionary<string, ConfigurationValue>();
        foreach (var key in keys)
        {
            try
            {
                var parts = ((string?)await _items.StringGetAsync(key) ?? "").Split(Separator);
                if (parts[0].Length > 0)
                {
                    found[key] = new(parts[0], parts.Length > 1 ? parts[1] : "");
                }
            }
            catch (RedisServerException exception) when (exception.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal))
            {
                // Somebody else's.
            }
        }

        return found;
    }

    /// <summary>Tells of every change from now on until it is ended.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="RedisException">Redis said no.</exception>
    public async Task<string> SubscribeAsync(IReadOnlyList<string> keys, Func<ConfigurationChange, Task> changed)
    {
        var id = Guid.NewGuid().ToString();
        await _items.ExecuteAsync("CONFIG", "SET", "notify-keyspace-events", "KA");
        var prefix = $"__keyspace@{_items.Database}__:";
        List<ChannelMessageQueue> queues = [];
        foreach (var channel in keys.Count == 0 ? [RedisChannel.Pattern(prefix + "*")] : keys.Select(key => RedisChannel.Literal(prefix + key)))
        {
            var queue = await redis.GetSubscriber().SubscribeAsync(channel);
            queue.OnMessage(message => TellAsync(id, message.Channel.ToString()[prefix.Length..], message.Message.ToString(), changed));
            queues.Add(queue);
        }

        _subscriptions[id] = queues;
        return id;
    }

    /// <returns>False: there is no such subscription.</returns>
    public async Task<bool> UnsubscribeAsync(string id)
    {
        if (!_subscriptions.TryRemove(id, out var queues))
        {
            return false;
        }

        foreach (var queue in queues)
        {
            await queue.UnsubscribeAsync();
        }

        return true;
    }

    private async Task TellAsync(string id, string key, string operation, Func<ConfigurationChange, Task> changed)
    {
        try
        {
            await changed(new(id, operation == "del" ? new Dictionary<string, ConfigurationValue> { [key] = new("", "") } : await GetAsync([key])));
        }
#pragma warning disable CA1031 // One change that cannot be told of does not end the subscription.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.NotTold(_logger, key, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "fail to call handler to notify event for configuration update subscribe of {Key}: {Why}")]
        public static partial void NotTold(ILogger logger, string key, string why);
    }
}
