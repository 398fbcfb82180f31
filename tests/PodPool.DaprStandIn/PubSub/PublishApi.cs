using System.Collections.Immutable;
using PodPool.DaprStandIn.Components;
using PodPool.DaprStandIn.Errors;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>One of several events that are published at once.</summary>
internal sealed record BulkEntry(string Id, byte[] Data, string ContentType, IReadOnlyDictionary<string, string>? Metadata);

/// <summary>What both APIs do with publishing.</summary>
internal sealed class PublishApi(ComponentSet components, string appId, TimeProvider clock)
{
    /// <exception cref="DaprException">It was not published.</exception>
    public async Task PublishAsync(string pubSub, string topic, byte[] data, string contentType, string? traceParent, IReadOnlyDictionary<string, string> metadata)
    {
        var component = Component(pubSub, topic);
        if (!IsRaw(pubSub, metadata))
        {
            data = Wrapped(pubSub, topic, data, contentType, traceParent, metadata);
        }

        await PublishAsync(component, topic, data, metadata);
    }

    /// <summary>Several, each by itself: Redis's component has no bulk of its own.</summary>
    /// <returns>Those that were not published, and why.</returns>
    /// <exception cref="DaprException">The request makes no sense.</exception>
    public async Task<ImmutableArray<(string Id, string Why)>> PublishAsync(
        string pubSub, string topic, IReadOnlyList<BulkEntry> entries, string? traceParent, IReadOnlyDictionary<string, string> metadata)
    {
        var component = Component(pubSub, topic);
        var raw = IsRaw(pubSub, metadata);
        if (entries.Any(entry => entry.Id.Length == 0) || entries.DistinctBy(entry => entry.Id).Count() < entries.Count)
        {
            throw PubSubErrors.Entries(pubSub, topic, "entryId is duplicated or not present for entry");
        }

        var ready = entries.Select(entry =>
        {
            // What an entry says itself comes before what is said of all; one that says nothing gets nothing.
            var own = entry.Metadata is null ? new Dictionary<string, string>() : metadata.Where(pair => !entry.Metadata.ContainsKey(pair.Key)).Concat(entry.Metadata).ToDictionary();
            return (entry.Id, Data: raw ? entry.Data : Wrapped(pubSub, topic, entry.Data, entry.ContentType, traceParent, own), Metadata: own);
        }).ToList();
        var failed = await Task.WhenAll(ready.Select(async entry =>
        {
            try
            {
                await component.PublishAsync(topic, entry.Data, entry.Metadata);
                return (entry.Id, Why: "");
            }
            catch (RedisException exception)
            {
                return (entry.Id, Why: exception.Message);
            }
        }));
        return [.. failed.Where(entry => entry.Why.Length > 0)];
    }

    /// <summary>What was received, once more, for those who look after what could not be delivered.</summary>
    /// <exception cref="DaprException">It was not published.</exception>
    public Task PublishAgainAsync(string pubSub, string topic, ReceivedMessage message) => PublishAsync(Component(pubSub, topic), topic, message.Data, message.Metadata);

    private static async Task PublishAsync(RedisPubSub component, string topic, byte[] data, IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            await component.PublishAsync(topic, data, metadata);
        }
        catch (RedisException exception)
        {
            throw PubSubErrors.Publish(component.Name, topic, $"redis streams: error from publish: {exception.Message}");
        }
    }

    private RedisPubSub Component(string pubSub, string topic)
    {
        if (pubSub.Length == 0)
        {
            throw PubSubErrors.NameEmpty();
        }

        var component = components.PubSubs.GetValueOrDefault(pubSub) ?? throw PubSubErrors.NotFound(pubSub);
        return topic.Length == 0 ? throw PubSubErrors.TopicEmpty(pubSub)
            : !component.AllowsPublishing(topic) ? throw PubSubErrors.Forbidden(pubSub, topic, appId)
            : component;
    }

    private static bool IsRaw(string pubSub, IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            return RawPayload.Asked(metadata);
        }
        catch (FormatException exception)
        {
            throw PubSubErrors.Metadata(pubSub, exception.Message);
        }
    }

    private byte[] Wrapped(string pubSub, string topic, byte[] data, string contentType, string? traceParent, IReadOnlyDictionary<string, string> metadata)
    {
        try
        {
            return CloudEvents.ToBytes(CloudEvents.Wrap(appId, pubSub, topic, contentType, data, traceParent, metadata, clock));
        }
        catch (FormatException)
        {
            throw PubSubErrors.CloudEvent(pubSub);
        }
    }
}
