using System.Globalization;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>What an application wants to hear of.</summary>
internal sealed record Subscription
{
    /// <summary>The component.</summary>
    public required string PubSub { get; init; }

    public required string Topic { get; init; }

    /// <summary>The first that matches takes an event; without one it goes to nobody.</summary>
    public required IReadOnlyList<TopicRoute> Routes { get; init; }

    /// <summary>What the component is given.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Where events go that were dropped or could not be delivered; empty: nowhere.</summary>
    public string DeadLetterTopic { get; init; } = "";

    /// <summary>Events come many at once; null: they come one by one.</summary>
    public BulkSubscription? Bulk { get; init; }

    public SubscriptionKind Kind { get; init; } = SubscriptionKind.Programmatic;

    /// <summary>What was published is taken as it is: no event in an envelope is expected.</summary>
    /// <exception cref="FormatException">The setting is neither true nor false.</exception>
    public bool IsRaw => RawPayload.Asked(Metadata);
}

/// <summary>How many events come at once.</summary>
/// <param name="MaxCount">How many at most.</param>
/// <param name="MaxWait">How long the first waits for more.</param>
internal sealed record BulkSubscription(int MaxCount, TimeSpan MaxWait)
{
    /// <remarks>What is not given is a hundred, and a second: dapr/dapr pkg/runtime/pubsub/default_bulksub.go.</remarks>
    public static BulkSubscription Of(int maxCount, int maxWaitMilliseconds)
        => new(maxCount > 0 ? maxCount : 100, TimeSpan.FromMilliseconds(maxWaitMilliseconds > 0 ? maxWaitMilliseconds : 1000));
}

/// <summary>Where a subscription comes from.</summary>
internal enum SubscriptionKind
{
    Unknown,

    /// <summary>A resource file.</summary>
    Declarative,

    /// <summary>The application, asked at its start.</summary>
    Programmatic,

    /// <summary>A stream that it opened.</summary>
    Streaming,
}

/// <summary>The setting that says whether data goes without an envelope.</summary>
internal static class RawPayload
{
    /// <exception cref="FormatException">It is set and neither true nor false.</exception>
    public static bool Asked(IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (name, value) in metadata)
        {
            if (name.Equals("rawPayload", StringComparison.OrdinalIgnoreCase) && value.Length > 0)
            {
                // What Go's strconv.ParseBool takes.
                return value.ToLower(CultureInfo.InvariantCulture) switch
                {
                    "1" or "t" or "true" => true,
                    "0" or "f" or "false" => false,
                    _ => throw new FormatException($"strconv.ParseBool: parsing \"{value}\": invalid syntax"),
                };
            }
        }

        return false;
    }
}
