using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Grpc.Core;
using PodPool.DaprProxy.Http;
using DaprApi = Dapr.Client.Autogen.Grpc.v1.Dapr;

namespace PodPool.DaprProxy.Inbound;

/// <summary>Brings an event to every function that wants it, and says what daprd shall do with it then.</summary>
/// <remarks>
/// daprd has one subscription for all, so an event is done with when all of them are. One that drops it has done with it; one with a dead-letter topic
/// has when it went there.
/// </remarks>
internal sealed partial class EventDelivery(
    FunctionCaller functions, BulkDelivery bulk, HandledEvents handled, CallInvoker daprd, DoorOptions options, DoorMetrics metrics, TimeProvider time, ILogger<EventDelivery> logger)
    : IDisposable
{
    private const int Attempts = 3;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    private readonly DaprApi.DaprClient _daprd = new(daprd);

    // What waits here waits at the broker: daprd has not been answered. Of a function that has had no event for a while nothing is kept.
    private readonly PartitionedRateLimiter<string> _turns = PartitionedRateLimiter.Create<string, string>(
        function => RateLimitPartition.GetConcurrencyLimiter(function, _ => new() { PermitLimit = options.EventsPerFunction, QueueLimit = int.MaxValue }));

    private readonly ConcurrentDictionary<(Topic Topic, string Event, string Function), Lazy<Task<EventOutcome>>> _underWay = new();

    /// <summary>Delivers an event.</summary>
    /// <param name="topic">Where it was published.</param>
    /// <param name="subscribers">Who wants the topic.</param>
    /// <param name="topicEvent">The event.</param>
    /// <param name="cancellationToken">daprd does not wait any more.</param>
    /// <returns><see cref="EventOutcome.Success"/>, <see cref="EventOutcome.Drop"/>: all dropped it, or <see cref="EventOutcome.Retry"/>: also where nobody wants it any more.</returns>
    public async Task<EventOutcome> DeliverAsync(Topic topic, IReadOnlyCollection<Subscriber> subscribers, TopicEvent topicEvent, CancellationToken cancellationToken)
    {
        var outcomes = await Task.WhenAll(subscribers.Select(subscriber => DeliverAsync(topic, subscriber, topicEvent, cancellationToken))).ConfigureAwait(false);
        if (outcomes.Length == 0 || outcomes.Contains(EventOutcome.Retry))
        {
            return EventOutcome.Retry;
        }

        foreach (var subscriber in subscribers)
        {
            if (EventFor(subscriber, topic, topicEvent) is { } own)
            {
                handled.Forget(topic, own, subscriber.Function);
            }
        }

        return Array.TrueForAll(outcomes, outcome => outcome == EventOutcome.Drop) ? EventOutcome.Drop : EventOutcome.Success;
    }

    public void Dispose() => _turns.Dispose();

    /// <returns>Null: there is no CloudEvent in it.</returns>
    private static TopicEvent? EventFor(Subscriber subscriber, Topic topic, TopicEvent topicEvent) => topic.IsRaw && !subscriber.IsRaw ? topicEvent.Published : topicEvent;

    private async Task<EventOutcome> DeliverAsync(Topic topic, Subscriber subscriber, TopicEvent arrived, CancellationToken cancellationToken)
    {
        if (EventFor(subscriber, topic, arrived) is not { } topicEvent)
        {
            Log.NoCloudEvent(logger, arrived.Id, topic.ToString(), subscriber.Function);
            return EventOutcome.Drop;
        }

        var path = subscriber.PathFor(topicEvent);
        if (path is null && subscriber.DeadLetterTopic is null)
        {
            return EventOutcome.Drop;
        }

        if (handled.Contains(topic, topicEvent, subscriber.Function))
        {
            return EventOutcome.Success;
        }

        // A function may take longer than daprd waits: when the event comes again meanwhile, it waits for the same answer.
        var key = (topic, topicEvent.Identity, subscriber.Function);
        var own = new Lazy<Task<EventOutcome>>(() => BringAsync(topic, subscriber, path, topicEvent, cancellationToken));
        while (_underWay.GetOrAdd(key, own) is var other && other != own)
        {
            try
            {
                return await other.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // It was brought by a stream that ended.
                _underWay.TryRemove(new(key, other));
            }
        }

        try
        {
            return await own.Value.ConfigureAwait(false);
        }
        finally
        {
            _underWay.TryRemove(new(key, own));
        }
    }

    /// <param name="topic">Where it was published.</param>
    /// <param name="subscriber">Who gets it.</param>
    /// <param name="path">Where in the function; null: no rule is met, which is as good as dropped.</param>
    /// <param name="topicEvent">The event.</param>
    /// <param name="cancellationToken">daprd does not wait any more.</param>
    private async Task<EventOutcome> BringAsync(Topic topic, Subscriber subscriber, string? path, TopicEvent topicEvent, CancellationToken cancellationToken)
    {
        var outcome = EventOutcome.Drop;
        if (path is not null)
        {
            using var turn = await _turns.AcquireAsync(subscriber.Function, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (!turn.IsAcquired)
            {
                throw new OperationCanceledException("the door ends");
            }

            outcome = await TryAsync(topic, subscriber, path, topicEvent, cancellationToken).ConfigureAwait(false);
        }

        var isBuried = false;
        if (outcome != EventOutcome.Success && subscriber.DeadLetterTopic is { } deadLetter)
        {
            isBuried = await BuryAsync(topic, deadLetter, topicEvent, cancellationToken).ConfigureAwait(false);
            outcome = isBuried ? EventOutcome.Success : EventOutcome.Retry;
        }

        metrics.Delivered(subscriber.Function, topic, outcome, isBuried);
        if (outcome == EventOutcome.Retry)
        {
            Log.Again(logger, topicEvent.Id, topic.ToString(), subscriber.Function);
        }
        else
        {
            handled.Add(topic, topicEvent, subscriber.Function);
        }

        return outcome;
    }

    /// <summary>Tries what never ran at once again; and with a dead-letter topic at hand, what the function failed at too, as no broker brings it again then.</summary>
    private async Task<EventOutcome> TryAsync(Topic topic, Subscriber subscriber, string path, TopicEvent topicEvent, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        for (var attempt = 1; ; attempt++, pause *= 2)
        {
            var posting = subscriber.Bulk is null
                ? functions.PostAsync(subscriber.Function, path, topicEvent, cancellationToken)
                : bulk.PostAsync(topic, subscriber, path, topicEvent, cancellationToken);
            var outcome = await posting.ConfigureAwait(false);
            var again = outcome == EventOutcome.NotDelivered || (outcome == EventOutcome.Retry && subscriber.DeadLetterTopic is not null);
            if (!again || attempt == Attempts)
            {
                return outcome == EventOutcome.NotDelivered ? EventOutcome.Retry : outcome;
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> BuryAsync(Topic topic, string deadLetter, TopicEvent topicEvent, CancellationToken cancellationToken)
    {
        var headers = new Metadata();
        if (options.DaprdToken is { } token)
        {
            headers.Add(DaprTransformer.TokenHeader, token);
        }

        try
        {
            await _daprd.PublishEventAsync(
                new PublishEventRequest
                {
                    PubsubName = topic.PubSub, Topic = deadLetter, Data = UnsafeByteOperations.UnsafeWrap(topicEvent.Body), DataContentType = TopicEvent.ContentType,
                },
                headers, cancellationToken: cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RpcException exception)
        {
            Log.NotBuried(logger, topicEvent.Id, deadLetter, exception.Status.Detail);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "The event {Event} of {Topic} shall come again for {Function}", EventName = "Again")]
        public static partial void Again(ILogger logger, string @event, string topic, string function);

        [LoggerMessage(3, LogLevel.Warning, "What was published to {Topic} as {Event} is no CloudEvent: {Function} does not get it", EventName = "NoCloudEvent")]
        public static partial void NoCloudEvent(ILogger logger, string @event, string topic, string function);

        [LoggerMessage(2, LogLevel.Warning, "The event {Event} could not be published to the dead-letter topic {Topic}: {Message}", EventName = "NotBuried")]
        public static partial void NotBuried(ILogger logger, string @event, string topic, string message);
    }
}
