using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Dapr.AppCallback.Autogen.Grpc.v1;
using Google.Protobuf.WellKnownTypes;

namespace PodPool.DaprProxy.Inbound;

/// <summary>An event as daprd brings it, as rules see it, and as functions get it: a CloudEvent in JSON, structured mode.</summary>
/// <remarks>
/// https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-cloudevents/; data is JSON, text or, if it is neither, base64
/// (CloudEvents 1.0.2, JSON format, section 3.1).
/// </remarks>
internal sealed class TopicEvent
{
    public const string ContentType = "application/cloudevents+json";

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TopicEventRequest _request;
    private readonly JsonDocument? _json;
    private readonly Lazy<TopicEvent?> _published;
    private string? _identity;

    public TopicEvent(TopicEventRequest request)
    {
        _request = request;
        _published = new(() => PublishedEvent.In(request));
        _json = JsonOf(request);
        Attributes = AttributesOf(request, _json);
        Body = Write();
    }

    /// <summary>The publisher's id of it and its source, which ought to be no other's; and its data, as some publishers give all that they publish one id.</summary>
    public string Identity => _identity ??= $"{_request.Source} {_request.Id} {Convert.ToBase64String(SHA256.HashData(_request.Data.Span))}";

    /// <summary>The CloudEvent that was published, where this one has it as its data; null: that is none.</summary>
    public TopicEvent? Published => _published.Value;

    /// <summary>daprd's id of it on its stream.</summary>
    public string Id => _request.Id;

    /// <summary>The trace that it belongs to; null: none.</summary>
    public string? TraceParent => Extension("traceparent");

    public string? TraceState => Extension("tracestate");

    /// <summary>What rules see.</summary>
    public IReadOnlyDictionary<string, object?> Attributes { get; }

    /// <summary>What was published, without what is said of it.</summary>
    public ReadOnlyMemory<byte> Data => _request.Data.Memory;

    /// <summary>What functions get.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    private string? Extension(string name)
        => _request.Extensions?.Fields.GetValueOrDefault(name) is { KindCase: Value.KindOneofCase.StringValue, StringValue: { Length: > 0 } text } ? text : null;

    private byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>(_request.Data.Length + 512);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            writer.WriteStartObject();
            writer.WriteString("id", _request.Id);
            writer.WriteString("source", _request.Source);
            writer.WriteString("type", _request.Type);
            writer.WriteString("specversion", _request.SpecVersion);
            if (_request.DataContentType.Length > 0)
            {
                writer.WriteString("datacontenttype", _request.DataContentType);
            }

            writer.WriteString("topic", _request.Topic);
            writer.WriteString("pubsubname", _request.PubsubName);
            foreach (var (name, value) in _request.Extensions?.Fields ?? [])
            {
                if (!IsOwn(name))
                {
                    writer.WritePropertyName(name);
                    writer.WriteRawValue(value.ToString());
                }
            }

            WriteData(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void WriteData(Utf8JsonWriter writer)
    {
        if (_json is not null)
        {
            writer.WritePropertyName("data");
            writer.WriteRawValue(_request.Data.Span, skipInputValidation: true);
        }
        else if (IsText(_request.DataContentType) && Utf8.IsValid(_request.Data.Span))
        {
            writer.WriteString("data", _request.Data.Span);
        }
        else if (!_request.Data.IsEmpty)
        {
            writer.WriteBase64String("data_base64", _request.Data.Span);
        }
    }

    private static Dictionary<string, object?> AttributesOf(TopicEventRequest request, JsonDocument? json)
    {
        var attributes = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in request.Extensions?.Fields ?? [])
        {
            attributes[name] = PlainOf(value);
        }

        attributes["id"] = request.Id;
        attributes["source"] = request.Source;
        attributes["type"] = request.Type;
        attributes["specversion"] = request.SpecVersion;
        attributes["datacontenttype"] = request.DataContentType;
        attributes["topic"] = request.Topic;
        attributes["pubsubname"] = request.PubsubName;
        attributes["data"] = json is not null ? PlainOf(json.RootElement) : request.Data.ToStringUtf8();
        return attributes;
    }

    private static JsonDocument? JsonOf(TopicEventRequest request)
    {
        if (!IsJson(request.DataContentType) || !Utf8.IsValid(request.Data.Span))
        {
            return null;
        }

        try
        {
            return JsonDocument.Parse(request.Data.Memory);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static object? PlainOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().GroupBy(NameOf).ToDictionary(group => group.Key, group => PlainOf(group.Last().Value)),
        JsonValueKind.Array => element.EnumerateArray().Select(PlainOf).ToList(),
        JsonValueKind.String => TextOf(element.GetString),
        JsonValueKind.Number => element.TryGetInt64(out var whole) ? whole : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static object? PlainOf(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => value.StringValue,
        Value.KindOneofCase.NumberValue => value.NumberValue,
        Value.KindOneofCase.BoolValue => value.BoolValue,
        Value.KindOneofCase.ListValue => value.ListValue.Values.Select(PlainOf).ToList(),
        Value.KindOneofCase.StructValue => value.StructValue.Fields.ToDictionary(field => field.Key, field => PlainOf(field.Value)),
        _ => null,
    };

    private static string NameOf(JsonProperty property) => TextOf(() => property.Name)!;

    /// <remarks>Half a surrogate pair is JSON, but no text: to rules it is what Go reads, to functions what was published.</remarks>
    private static string? TextOf(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return "\ufffd";
        }
    }

    private static bool IsOwn(string name) => name is "id" or "source" or "type" or "specversion" or "datacontenttype" or "topic" or "pubsubname" or "data" or "data_base64";

    private static string MediaTypeOf(string contentType) => contentType.Split(';')[0].Trim().ToLowerInvariant();

    /// <summary>Whether a content type, which may be missing, says that data is JSON.</summary>
    public static bool IsJson(string contentType) => MediaTypeOf(contentType) is "" or "application/json" or "text/json" or [.., '+', 'j', 's', 'o', 'n'];

    private static bool IsText(string contentType) => MediaTypeOf(contentType).StartsWith("text/", StringComparison.Ordinal);
}
