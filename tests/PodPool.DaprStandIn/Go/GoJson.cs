using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PodPool.DaprStandIn.Go;

/// <summary>Bodies of JSON as daprd reads and writes them.</summary>
internal static class GoJson
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads the first value of a body; what follows it is not looked at, as Go's Decoder does not either.</summary>
    /// <exception cref="FormatException">It is no JSON.</exception>
    public static JsonElement Parse(ReadOnlySpan<byte> body)
    {
        if (body.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            throw new FormatException("EOF");
        }

        try
        {
            var reader = new Utf8JsonReader(body, isFinalBlock: true, new(new() { AllowMultipleValues = true }));
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException exception)
        {
            throw new FormatException(exception.Message, exception);
        }
    }

    /// <summary>Whether bytes are one JSON value and nothing else.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            reader.Read();
            reader.Skip();
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A value as Go writes it that it read into no type of its own: numbers were float64, of several fields of one name the last was kept.</summary>
    /// <param name="value">What was read.</param>
    /// <param name="lossy">
    /// Fractions are cut to six digits: the state store of Redis writes with jsoniter's fastest settings (dapr/components-contrib state/redis/redis.go, and
    /// WriteFloat64Lossy in json-iterator/go).
    /// </param>
    public static byte[] Write(JsonElement value, bool lossy)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            Write(writer, value, lossy);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, bool lossy)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                var fields = new SortedDictionary<string, JsonElement>(StringComparer.Ordinal);
                foreach (var property in value.EnumerateObject())
                {
                    fields[property.Name] = property.Value;
                }

                foreach (var (name, field) in fields)
                {
                    writer.WritePropertyName(name);
                    Write(writer, field, lossy);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(writer, item, lossy);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Number:
                var number = value.GetDouble();
                if (double.IsInfinity(number))
                {
                    throw new FormatException($"json: cannot unmarshal number {value.GetRawText()} into Go value of type float64");
                }

                writer.WriteRawValue(lossy && Math.Abs(number) <= 0x4ffffff ? Lossy(number) : Exact(number));
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static string Lossy(double number)
    {
        var millionths = (ulong)((Math.Abs(number) * 1_000_000) + 0.5);
        var text = new StringBuilder(number < 0 ? "-" : "").Append(CultureInfo.InvariantCulture, $"{millionths / 1_000_000}");
        return millionths % 1_000_000 == 0 ? text.ToString() : text.Append(CultureInfo.InvariantCulture, $".{millionths % 1_000_000:D6}").ToString().TrimEnd('0');
    }

    /// <remarks>The shortest that reads back as the same, with an exponent below 1e-6 and from 1e21.</remarks>
    private static string Exact(double number)
    {
        var shortest = number.ToString("R", CultureInfo.InvariantCulture);
        var size = Math.Abs(number);
        if (!shortest.Contains('E', StringComparison.Ordinal))
        {
            return shortest;
        }

        if (number == 0 || size is >= 1e-6 and < 1e21)
        {
            return ((decimal)number).ToString("0.#############################", CultureInfo.InvariantCulture) is var text
                && double.Parse(text, CultureInfo.InvariantCulture).Equals(number) ? text : number.ToString("F0", CultureInfo.InvariantCulture);
        }

        var (mantissa, exponent) = shortest.Split('E') is [var m, var e] ? (m, int.Parse(e, CultureInfo.InvariantCulture)) : (shortest, 0);
        return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):D2}").Replace("e-0", "e-", StringComparison.Ordinal);
    }
}
