using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using PodPool.DaprStandIn.Errors;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>Collects what comes on a topic, and takes it to its subscriber many at once.</summary>
/// <remarks>
/// dapr/dapr pkg/runtime/pubsub/default_bulksub.go and pkg/runtime/subscription/bulksubscription.go. As each message holds one of the component's workers
/// until it is dealt with, there are never more of them at once than workers.
/// </remarks>
internal sealed partial class BulkDelivery : IAsyncDisposable
{
    private readonly Subscription _subscription;
    private readonly IPostman _postman;
    private readonly PublishApi _publish;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Channel<Waiting> _waiting = Channel.CreateUnbounded<Waiting>();
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _collecting;

    public BulkDelivery(Subscription subscription, IPostman postman, PublishApi publish, TimeProvider clock, ILogger logger)
    {
        _subscription = subscription;
        _postman = postman;
        _publish = publish;
        _clock = clock;
        _logger = logger;
        _collecting = CollectAsync(subscription.Bulk!);
    }

    /// <exception cref="DeliveryException">It is not dealt with.</exception>
    public async Task HandleAsync(ReceivedMessage message, CancellationToken cancellationToken, CancellationToken stopped)
    {
        var waiting = new Waiting(message, new(TaskCreationOptions.RunContinuationsAsynchronously), cancellationToken);
        await _waiting.Writer.WriteAsync(waiting, cancellationToken);
        await waiting.Dealt.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await _collecting;
        _stopped.Dispose();
    }

    private async Task CollectAsync(BulkSubscription bulk)
    {
        List<Waiting> collected = [];
        using var timer = new PeriodicTimer(bulk.MaxWait, _clock);
        var tick = timer.WaitForNextTickAsync(_stopped.Token).AsTask();
        try
        {
            while (true)
            {
                var more = _waiting.Reader.WaitToReadAsync(_stopped.Token).AsTask();
                if (await Task.WhenAny(more, tick) == tick)
                {
                    await tick;
                    tick = timer.WaitForNextTickAsync(_stopped.Token).AsTask();
                    await FlushAsync(collected);
                }
                else
                {
                    await more;
                }

                while (_waiting.Reader.TryRead(out var waiting))
                {
                    collected.Add(waiting);
                    if (collected.Count == bulk.MaxCount)
                    {
                        await FlushAsync(collected);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped: whoever still waits is stopped too.
        }
    }

    private async Task FlushAsync(List<Waiting> collected)
    {
        if (collected.Count == 0)
        {
            return;
        }

        var batch = collected.ToList();
        collected.Clear();
        var metadata = new Dictionary<string, string> { ["pubsubName"] = _subscription.PubSub };
        foreach (var path in batch.Select(Route).Where(one => one is not null).GroupBy(one => one!.Value.Path, one => one!.Value))
        {
            var entries = path.ToList();
            IReadOnlyList<Delivery> deliveries;
            try
            {
                var bulk = new BulkEvent([.. entries.Select(one => one.Entry)], _subscription.PubSub, _subscription.Topic, path.Key, _subscription.IsRaw, metadata);
                deliveries = await _postman.DeliverAsync(bulk, entries[0].Waiting.CancellationToken);
            }
            catch (OperationCanceledException exception)
            {
                deliveries = [.. entries.Select(_ => Delivery.Failed(exception.Message))];
            }

            for (var i = 0; i < entries.Count; i++)
            {
                await SettleAsync(entries[i].Waiting, deliveries[i]);
            }
        }
    }

    /// <summary>Where a message goes; null: nowhere, and it is settled.</summary>
    private (string Path, BulkEventEntry Entry, Waiting Waiting)? Route(Waiting waiting)
    {
        var message = waiting.Message;
        try
        {
            var cloudEvent = _subscription.IsRaw ? null : JsonNode.Parse(message.Data) as JsonObject ?? throw new FormatException("it is no object");
            var expired = cloudEvent is not null && CloudEvents.HasExpired(cloudEvent, _clock);
            if (!expired && TopicRoute.Find(_subscription.Routes, cloudEvent) is { } route)
            {
                var type = cloudEvent is null ? "application/octet-stream" : ContentTypes.CloudEvent;
                return (route.Path, new(Guid.NewGuid().ToString(), cloudEvent, message.Data, type, message.Metadata), waiting);
            }

            _ = SettleAsync(waiting, Delivery.Dropped);
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            _ = SettleAsync(waiting, Delivery.Failed($"error deserializing one of the messages in bulk cloud event: {exception.Message}"));
        }

        return null;
    }

    private async Task SettleAsync(Waiting waiting, Delivery delivery)
    {
        var buried = delivery.Outcome != DeliveryOutcome.Done && _subscription.DeadLetterTopic.Length > 0 && await TryBuryAsync(waiting.Message);
        if (delivery.Outcome == DeliveryOutcome.Failed && !buried)
        {
            Log.Failed(_logger, _subscription.Topic, delivery.Why);
            waiting.Dealt.TrySetException(new DeliveryException(delivery.Why));
        }
        else
        {
            waiting.Dealt.TrySetResult();
        }
    }

    private async Task<bool> TryBuryAsync(ReceivedMessage message)
    {
        try
        {
            await _publish.PublishAgainAsync(_subscription.PubSub, _subscription.DeadLetterTopic, message);
            return true;
        }
        catch (DaprException exception)
        {
            Log.Failed(_logger, _subscription.Topic, exception.Message);
            return false;
        }
    }

    private sealed record Waiting(ReceivedMessage Message, TaskCompletionSource Dealt, CancellationToken CancellationToken);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "an entry of a bulk of topic {Topic} was not dealt with: {Why}")]
        public static partial void Failed(ILogger logger, string topic, string why);
    }
}
