using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PodPool.Cli.Output;

/// <summary>Many numbers on one line, in JSON that is otherwise one value a line.</summary>
internal sealed class CompactNumbers : JsonConverter<IReadOnlyList<double>>
{
    public override IReadOnlyList<double> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => JsonSerializer.Deserialize<double[]>(ref reader, options) ?? [];

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<double> value, JsonSerializerOptions options)
        => writer.WriteRawValue("[" + string.Join(',', value.Select(number => number.ToString("R", CultureInfo.InvariantCulture))) + "]");
}
