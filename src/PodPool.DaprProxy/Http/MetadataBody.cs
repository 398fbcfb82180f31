using System.Buffers;
using System.Text.Json;
using PodPool.DaprProxy.Access;
using PodPool.DaprProxy.Callers;
using PodPool.DaprProxy.State;

namespace PodPool.DaprProxy.Http;

/// <summary>What daprd says of itself, as it would say it to a function that has it for itself.</summary>
/// <remarks>https://docs.dapr.io/reference/api/metadata_api/ has the shape. Of the subscriptions, endpoints and actors of all, nothing.</remarks>
internal static class MetadataBody
{
    /// <summary>The function's name for an id, and the components that it may use.</summary>
    /// <exception cref="FormatException">It is no such answer.</exception>
    public static byte[] Of(ReadOnlyMemory<byte> body, Caller caller)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var fields = new KnownFields(document.RootElement, "the answer", "runtimeVersion", "enabledFeatures", "components");
            var buffer = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(buffer))
            {
                writer.WriteStartObject();
                writer.WriteString("id", $"{caller.Function}.{caller.Namespace}");
                fields.Write(writer, "runtimeVersion");
                fields.Write(writer, "enabledFeatures");
                writer.WriteStartArray("components");
                foreach (var one in fields.TryGet("components") is { ValueKind: JsonValueKind.Array } all ? all.EnumerateArray() : default)
                {
                    if (one.TryGetProperty("name", out var name) && name.GetString() is { } component && AccessRules.Names(caller.Access, component))
                    {
                        one.WriteTo(writer);
                    }
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            return buffer.WrittenSpan.ToArray();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FormatException($"it is not what daprd says of itself: {exception.Message}", exception);
        }
    }
}
