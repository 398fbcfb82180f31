using PodPool.DaprStandIn.Components;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>The subscriptions that are open.</summary>
internal sealed partial class Subscriptions(ComponentSet components, PublishApi publish, TimeProvider clock, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger("dapr.runtime.processor.subscription");
    private readonly Lock _lock = new();
    private readonly List<Open> _open = [];

    public IReadOnlyList<Subscription> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _open.Select(open => open.Subscription)];
            }
        }
    }

    /// <summary>Opens one.</summary>
    /// <returns>What closes it, given the time that events under way may take.</returns>
    /// <exception cref="FormatException">Its component is not there, or does not allow its topic.</exception>
    /// <exception cref="RedisException">Redis said no.</exception>
    public async Task<Func<TimeSpan, Task>> OpenAsync(Subscription subscription, IPostman postman)
    {
        if (!components.PubSubs.TryGetValue(subscription.PubSub, out var pubSub))
        {
            throw new FormatException($"pubsub '{subscription.PubSub}' not found");
        }

        if (!pubSub.AllowsSubscribing(subscription.Topic))
        {
            throw new FormatException($"subscription to topic '{subscription.Topic}' on pubsub '{subscription.PubSub}' is not allowed");
        }

        var bulk = subscription.Bulk is null ? null : new BulkDelivery(subscription, postman, publish, clock, _logger);
        MessageHandler handler = bulk is null ? new TopicDelivery(subscription, postman, publish, clock, _logger).HandleAsync : bulk.HandleAsync;
        var open = new Open(subscription, await pubSub.SubscribeAsync(subscription.Topic, handler), bulk);
        lock (_lock)
        {
            _open.Add(open);
        }

        Log.Opened(_logger, subscription.Topic, subscription.PubSub);
        return grace => CloseAsync(open, grace);
    }

    private async Task CloseAsync(Open open, TimeSpan grace)
    {
        lock (_lock)
        {
            if (!_open.Remove(open))
            {
                return;
            }
        }

        await open.Reading.StopAsync(grace);
        open.Reading.Dispose();
        if (open.Bulk is not null)
        {
            await open.Bulk.DisposeAsync();
        }
    }

    private sealed record Open(Subscription Subscription, RedisSubscription Reading, BulkDelivery? Bulk);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "app is subscribed to topic {Topic} through pubsub={PubSub}")]
        public static partial void Opened(ILogger logger, string topic, string pubSub);
    }
}
