using System.Text.Json;
using System.Text.Json.Nodes;
using PodPool.DaprStandIn.Errors;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>Takes what comes on a topic to its subscriber, and decides what is acknowledged.</summary>
/// <remarks>
/// dapr/dapr pkg/runtime/subscription/subscription.go. Without a policy of resiliency there is one attempt: what fails goes to the dead letters at once, if
/// the subscription has a topic for them; if not it stays pending, and the component comes with it again.
/// </remarks>
internal sealed partial class TopicDelivery(Subscription subscription, IPostman postman, PublishApi publish, TimeProvider clock, ILogger logger)
{
    /// <summary>What the application is told beside the event.</summary>
    private const string PubSubName = "pubsubName";

    /// <exception cref="DeliveryException">It is not dealt with.</exception>
    public async Task HandleAsync(ReceivedMessage message, CancellationToken cancellationToken, CancellationToken stopped)
    {
        var metadata = new Dictionary<string, string>(message.Metadata) { [PubSubName] = subscription.PubSub };
        message = message with { Metadata = metadata };
        JsonObject cloudEvent;
        byte[] data;
        TopicRoute? route;
        try
        {
            (cloudEvent, data) = Read(message);
            if (CloudEvents.HasExpired(cloudEvent, clock))
            {
                Log.Expired(logger, CloudEvents.Text(cloudEvent, "id") ?? "");
                await TryBuryAsync(message);
                return;
            }

            route = TopicRoute.Find(subscription.Routes, cloudEvent);
        }
        catch (FormatException exception)
        {
            await BuryOrThrowAsync(message, exception.Message);
            return;
        }

        if (route is null)
        {
            await TryBuryAsync(message);
            return;
        }

        Delivery delivery;
        try
        {
            delivery = await postman.DeliverAsync(new TopicEvent(cloudEvent, data, subscription.PubSub, message.Topic, route.Path, metadata), cancellationToken);
        }
        catch (OperationCanceledException) when (!stopped.IsCancellationRequested)
        {
            delivery = Delivery.Failed("context deadline exceeded");
        }

        if (delivery.Outcome == DeliveryOutcome.Dropped)
        {
            // Dead letters that cannot be published are a failure, without them a drop is the end of it.
            if (subscription.DeadLetterTopic.Length > 0)
            {
                await BuryOrThrowAsync(message, "dropped");
            }
        }
        else if (delivery.Outcome == DeliveryOutcome.Failed)
        {
            Log.Failed(logger, message.Topic, delivery.Why);
            await BuryOrThrowAsync(message, delivery.Why);
        }
    }

    private (JsonObject CloudEvent, byte[] Data) Read(ReceivedMessage message)
    {
        if (subscription.IsRaw)
        {
            var made = CloudEvents.FromRaw(message.Data, subscription.PubSub, message.Topic);
            return (made, CloudEvents.ToBytes(made));
        }

        try
        {
            return (JsonNode.Parse(message.Data) as JsonObject ?? throw new FormatException("error deserializing cloud event: it is no object"), message.Data);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"error deserializing cloud event: {exception.Message}", exception);
        }
    }

    private async Task BuryOrThrowAsync(ReceivedMessage message, string why)
    {
        if (!await TryBuryAsync(message))
        {
            throw new DeliveryException(why);
        }
    }

    /// <returns>Whether it is with the dead letters.</returns>
    private async Task<bool> TryBuryAsync(ReceivedMessage message)
    {
        if (subscription.DeadLetterTopic.Length == 0)
        {
            return false;
        }

        try
        {
            await publish.PublishAgainAsync(subscription.PubSub, subscription.DeadLetterTopic, message);
            return true;
        }
        catch (DaprException exception)
        {
            Log.NotBuried(logger, message.Topic, subscription.DeadLetterTopic, exception.Message);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "dropping expired pub/sub event {Id}")]
        public static partial void Expired(ILogger logger, string id);

        [LoggerMessage(LogLevel.Warning, "encountered an error while publishing a subscribed message to topic {Topic}, err: {Why}")]
        public static partial void Failed(ILogger logger, string topic, string why);

        [LoggerMessage(LogLevel.Error, "error sending message to dead letter, origin topic: {Topic} dead letter topic {DeadLetterTopic} err: {Why}")]
        public static partial void NotBuried(ILogger logger, string topic, string deadLetterTopic, string why);
    }
}

/// <summary>A message was not dealt with.</summary>
internal sealed class DeliveryException(string message) : Exception(message);
