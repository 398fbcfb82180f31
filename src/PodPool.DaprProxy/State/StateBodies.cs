using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PodPool.DaprProxy.State;

/// <summary>
/// The bodies of Dapr's HTTP API for state, from a function to daprd and back: the same but for the keys, which go into the function's space and
/// come out of it.
/// </summary>
/// <remarks>https://docs.dapr.io/reference/api/state_api/ has the shapes. UTF-8 in, UTF-8 out.</remarks>
internal static class StateBodies
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Of <c>POST state/STORE</c>: a list of items.</summary>
    /// <exception cref="FormatException">It is none; says what is wrong with it.</exception>
    public static byte[] Save(ReadOnlyMemory<byte> body, KeySpace space) => Rewrite(body, (root, writer) =>
    {
        writer.WriteStartArray();
        foreach (var item in Elements(root, "the body"))
        {
            WriteItem(writer, item, space);
        }

        writer.WriteEndArray();
    });

    /// <summary>Of <c>POST state/STORE/bulk</c>: the keys that are asked for.</summary>
    /// <exception cref="FormatException">It is no such request.</exception>
    public static byte[] BulkRequest(ReadOnlyMemory<byte> body, KeySpace space) => Rewrite(body, (root, writer) =>
    {
        var fields = new KnownFields(root, "the body", "keys", "parallelism", "metadata");
        writer.WriteStartObject();
        writer.WriteStartArray("keys");
        foreach (var key in Elements(fields["keys"], "'keys'"))
        {
            writer.WriteStringValue(space.Enter(KeyOf(key)));
        }

        writer.WriteEndArray();
        fields.Write(writer, "parallelism");
        fields.Write(writer, "metadata");
        writer.WriteEndObject();
    });

    /// <summary>Of <c>POST state/STORE/transaction</c>: operations on items.</summary>
    /// <exception cref="FormatException">It is no such request.</exception>
    public static byte[] Transaction(ReadOnlyMemory<byte> body, KeySpace space) => Rewrite(body, (root, writer) =>
    {
        var fields = new KnownFields(root, "the body", "operations", "metadata");
        writer.WriteStartObject();
        writer.WriteStartArray("operations");
        foreach (var operation in Elements(fields["operations"], "'operations'"))
        {
            var parts = new KnownFields(operation, "an operation", "operation", "request");
            writer.WriteStartObject();
            parts.Write(writer, "operation");
            writer.WritePropertyName("request");
            WriteItem(writer, parts["request"], space);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        fields.Write(writer, "metadata");
        writer.WriteEndObject();
    });

    /// <summary>What daprd answers to a bulk request: items, of which only the function's own come out.</summary>
    /// <exception cref="FormatException">It is no such answer.</exception>
    public static byte[] BulkResponse(ReadOnlyMemory<byte> body, KeySpace space)
        => Rewrite(body, (root, writer) => WriteFound(writer, root, space));

    /// <summary>What daprd answers to a query: items of the whole store, of which only the function's own come out.</summary>
    /// <exception cref="FormatException">It is no such answer.</exception>
    public static byte[] QueryResponse(ReadOnlyMemory<byte> body, KeySpace space) => Rewrite(body, (root, writer) =>
    {
        var fields = new KnownFields(root, "the answer", "results", "token", "metadata");
        writer.WriteStartObject();
        writer.WritePropertyName("results");
        WriteFound(writer, fields["results"], space);
        fields.Write(writer, "token");
        fields.Write(writer, "metadata");
        writer.WriteEndObject();
    });

    /// <summary>Of <c>POST lock/STORE</c> and <c>unlock/STORE</c>: a resource's id, which is a key here, and who holds it.</summary>
    /// <exception cref="FormatException">It is no such request.</exception>
    public static byte[] Lock(ReadOnlyMemory<byte> body, KeySpace space) => Rewrite(body, (root, writer) =>
    {
        var fields = new KnownFields(root, "the body", "resourceId", "lockOwner", "expiryInSeconds");
        writer.WriteStartObject();
        writer.WriteString("resourceId", space.Enter(KeyOf(fields["resourceId"])));
        fields.Write(writer, "lockOwner");
        fields.Write(writer, "expiryInSeconds");
        writer.WriteEndObject();
    });

    private static void WriteItem(Utf8JsonWriter writer, JsonElement item, KeySpace space)
    {
        var fields = new KnownFields(item, "an item", "key", "value", "etag", "metadata", "options");
        writer.WriteStartObject();
        writer.WriteString("key", space.Enter(KeyOf(fields["key"])));
        fields.Write(writer, "value");
        fields.Write(writer, "etag");
        fields.Write(writer, "metadata");
        fields.Write(writer, "options");
        writer.WriteEndObject();
    }

    private static void WriteFound(Utf8JsonWriter writer, JsonElement items, KeySpace space)
    {
        writer.WriteStartArray();
        foreach (var item in Elements(items, "the answer"))
        {
            var fields = new KnownFields(item, "an item", "key", "data", "etag", "error", "metadata");
            if (space.TryLeave(TextOf(fields["key"]), out var key))
            {
                writer.WriteStartObject();
                writer.WriteString("key", key);
                fields.Write(writer, "data");
                fields.Write(writer, "etag");
                fields.Write(writer, "error");
                fields.Write(writer, "metadata");
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
    }

    /// <remarks>Dapr refuses an empty key; with a prefix it would not be empty any more.</remarks>
    private static string KeyOf(JsonElement element) => TextOf(element) is { Length: > 0 } key ? key : throw new FormatException("a key is empty");

    private static string TextOf(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString()! : throw new FormatException("a key is no string");
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException("a key holds half a surrogate pair, which is no text", exception);
        }
    }

    private static JsonElement.ArrayEnumerator Elements(JsonElement element, string what)
        => element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : throw new FormatException($"{what} is no JSON array");

    private static byte[] Rewrite(ReadOnlyMemory<byte> body, Action<JsonElement, Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(body.Length + 256);
        try
        {
            using var document = JsonDocument.Parse(body);
            using var writer = new Utf8JsonWriter(buffer, Writing);
            write(document.RootElement, writer);
        }
        catch (JsonException exception)
        {
            throw new FormatException($"the body is no JSON: {exception.Message}", exception);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
