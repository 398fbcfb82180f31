using System.Text.Json.Nodes;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>An event on its way to a subscriber.</summary>
/// <param name="CloudEvent">The event, read.</param>
/// <param name="Data">The event as bytes.</param>
/// <param name="PubSub">The component.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Path">Where the subscriber wants it.</param>
/// <param name="Metadata">What it came with, and the component's name.</param>
internal sealed record TopicEvent(JsonObject CloudEvent, byte[] Data, string PubSub, string Topic, string Path, IReadOnlyDictionary<string, string> Metadata);

/// <summary>Many events on their way to a subscriber at once.</summary>
/// <param name="IsRaw">They have no envelopes.</param>
internal sealed record BulkEvent(IReadOnlyList<BulkEventEntry> Entries, string PubSub, string Topic, string Path, bool IsRaw, IReadOnlyDictionary<string, string> Metadata);

/// <summary>One of them.</summary>
/// <param name="CloudEvent">Null: it has no envelope.</param>
internal sealed record BulkEventEntry(string Id, JsonObject? CloudEvent, byte[] Data, string ContentType, IReadOnlyDictionary<string, string> Metadata);

/// <summary>What became of an event.</summary>
/// <param name="Outcome">What.</param>
/// <param name="Why">Why it failed; else empty.</param>
internal readonly record struct Delivery(DeliveryOutcome Outcome, string Why = "")
{
    public static Delivery Done => new(DeliveryOutcome.Done);

    public static Delivery Dropped => new(DeliveryOutcome.Dropped);

    public static Delivery Failed(string why) => new(DeliveryOutcome.Failed, why);
}

internal enum DeliveryOutcome
{
    /// <summary>It is dealt with.</summary>
    Done,

    /// <summary>The subscriber does not want it: it is dealt with, and goes to the dead letters if there are any.</summary>
    Dropped,

    /// <summary>The subscriber wants it again, or could not be asked: to the dead letters if there are any, else it stays where it is.</summary>
    Failed,
}

/// <summary>Takes events to a subscriber.</summary>
internal interface IPostman
{
    Task<Delivery> DeliverAsync(TopicEvent topicEvent, CancellationToken cancellationToken);

    /// <returns>What became of each, in their order.</returns>
    Task<IReadOnlyList<Delivery>> DeliverAsync(BulkEvent bulk, CancellationToken cancellationToken);
}
