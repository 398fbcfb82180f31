using System.Text.Json;
using System.Threading.Channels;
using PodPool.DaprStandIn.Components;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>pubsub.redis: a topic is a stream, an application a consumer group.</summary>
/// <remarks>
/// dapr/components-contrib pubsub/redis/redis.go. What is read goes through one queue to a fixed number of workers, whichever topic it is of; a message is
/// acknowledged when its handler returns, and claimed again by whoever comes by when it was pending for too long.
/// </remarks>
internal sealed partial class RedisPubSub
{
    private readonly Component _component;
    private readonly ConnectionMultiplexer _redis;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Channel<RedisSubscription.Pending> _queue;
    private readonly TopicScopes _publishing;
    private readonly TopicScopes _subscribing;

    public RedisPubSub(Component component, string appId, ConnectionMultiplexer redis, TimeProvider clock, ILoggerFactory loggers)
    {
        _component = component;
        _redis = redis;
        _clock = clock;
        _logger = loggers.CreateLogger("dapr.contrib");
        Group = (component["consumerID"] ?? appId).Replace("{appID}", appId, StringComparison.Ordinal).Replace("{uuid}", Guid.NewGuid().ToString(), StringComparison.Ordinal);
        ProcessingTimeout = component.Time("processingTimeout", TimeSpan.FromSeconds(60));
        RedeliverInterval = component.Time("redeliverInterval", TimeSpan.FromSeconds(15));
        QueueDepth = component.Number("queueDepth", 100);
        _publishing = new(component, appId, "publishingScopes");
        _subscribing = new(component, appId, "subscriptionScopes");
        _queue = Channel.CreateBounded<RedisSubscription.Pending>(QueueDepth);
        for (var i = 0; i < component.Number("concurrency", 10); i++)
        {
            _ = WorkAsync();
        }
    }

    public string Name => _component.Name;

    /// <summary>The consumer group, and the one consumer in it.</summary>
    public string Group { get; }

    /// <summary>How long a message may be with its handler, and how long it must have been pending before it is claimed again; zero: for ever.</summary>
    public TimeSpan ProcessingTimeout { get; }

    /// <summary>How often pending messages are looked for; zero: never.</summary>
    public TimeSpan RedeliverInterval { get; }

    public int QueueDepth { get; }

    public bool AllowsPublishing(string topic) => _publishing.Allows(topic);

    public bool AllowsSubscribing(string topic) => _subscribing.Allows(topic);

    /// <exception cref="RedisException">Redis said no.</exception>
    public Task PublishAsync(string topic, byte[] data, IReadOnlyDictionary<string, string> metadata)
        => _redis.GetDatabase().StreamAddAsync(
            topic, [new("data", data), new("metadata", JsonSerializer.Serialize(metadata))],
            maxLength: _component["maxLenApprox"] is null ? null : _component.Number("maxLenApprox", 0), useApproximateMaxLength: true);

    /// <summary>Hears of all that is published from the group's beginning on, until the subscription is stopped.</summary>
    /// <exception cref="RedisException">Redis said no.</exception>
    public async Task<RedisSubscription> SubscribeAsync(string topic, MessageHandler handler)
    {
        // A connection of its own: a read that waits holds up everything behind it.
        var reading = await RedisHost.ConnectAsync(_component);
        var subscription = new RedisSubscription(this, topic, handler, reading, _redis.GetDatabase(), _queue.Writer, _clock, _logger);
        await subscription.StartAsync();
        return subscription;
    }

    private async Task WorkAsync()
    {
        await foreach (var pending in _queue.Reader.ReadAllAsync())
        {
            await pending.Subscription.HandleAsync(pending);
        }
    }
}
