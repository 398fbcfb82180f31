using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace PodPool.DaprProxy.Inbound;

/// <summary>Events that are posted together, in the envelope that Dapr's bulk subscriptions have.</summary>
/// <remarks>https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-bulk/ and <c>pkg/runtime/pubsub/bulksub.go</c> of dapr/dapr.</remarks>
/// <param name="topic">Where they were published.</param>
/// <param name="isRaw">The function takes them for bytes.</param>
/// <param name="events">The events.</param>
internal sealed class EventBatch(Topic topic, bool isRaw, IReadOnlyList<TopicEvent> events)
{
    public const string ContentType = "application/json";

    /// <summary>What is posted.</summary>
    public ReadOnlyMemory<byte> Body()
    {
        var buffer = new ArrayBufferWriter<byte>(events.Sum(topicEvent => topicEvent.Body.Length + 128) + 256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("id", Guid.NewGuid().ToString());
            writer.WriteStartArray("entries");
            for (var i = 0; i < events.Count; i++)
            {
                WriteEntry(writer, i);
            }

            writer.WriteEndArray();
            writer.WriteStartObject("metadata");
            writer.WriteString("pubsubName", topic.PubSub);
            writer.WriteEndObject();
            writer.WriteString("topic", topic.Name);
            writer.WriteString("pubsubname", topic.PubSub);
            writer.WriteString("type", "com.dapr.event.sent.bulk");
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>The same for all of them.</summary>
    public IReadOnlyList<EventOutcome> All(EventOutcome outcome) => [.. events.Select(_ => outcome)];

    /// <summary>What the function said of each; an event that it says nothing of comes again, as with Dapr.</summary>
    /// <param name="said">Its answer; null: none that is JSON.</param>
    public IReadOnlyList<EventOutcome> OutcomesIn(JsonElement? said)
    {
        var outcomes = events.Select(_ => EventOutcome.Retry).ToArray();
        if (said is not { ValueKind: JsonValueKind.Object } answer || !answer.TryGetProperty("statuses", out var statuses) || statuses.ValueKind != JsonValueKind.Array)
        {
            return outcomes;
        }

        foreach (var status in statuses.EnumerateArray())
        {
            if (status.ValueKind == JsonValueKind.Object && TextOf(status, "entryId") is { } id && int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var entry) && entry < outcomes.Length)
            {
                outcomes[entry] = TextOf(status, "status") switch
                {
                    "SUCCESS" => EventOutcome.Success,
                    "DROP" => EventOutcome.Drop,
                    _ => EventOutcome.Retry,
                };
            }
        }

        return outcomes;
    }

    private void WriteEntry(Utf8JsonWriter writer, int entry)
    {
        writer.WriteStartObject();
        writer.WriteString("entryId", entry.ToString(CultureInfo.InvariantCulture));
        if (isRaw)
        {
            writer.WriteBase64String("event", events[entry].Data.Span);
            writer.WriteString("contentType", "application/octet-stream");
        }
        else
        {
            writer.WritePropertyName("event");
            writer.WriteRawValue(events[entry].Body.Span, skipInputValidation: true);
            writer.WriteString("contentType", TopicEvent.ContentType);
        }

        writer.WriteStartObject("metadata");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string? TextOf(JsonElement element, string name)
        => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
