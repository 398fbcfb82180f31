using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>A field that may be written as a number or as text, as a quantity: <c>1048576</c> is <c>"1048576"</c>.</summary>
internal sealed class NumberOrText : JsonConverter<string>
{
    /// <summary>The text at the reader, or the number as it was written.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static string TextOf(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Number => reader.HasValueSequence
            ? reader.GetDecimal().ToString(CultureInfo.InvariantCulture)
            : Encoding.UTF8.GetString(reader.ValueSpan),
        _ => throw new JsonException(null, new FormatException("a number or a text is needed")),
    };

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => TextOf(ref reader);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
