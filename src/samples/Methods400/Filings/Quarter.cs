using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Methods400.Filings;

/// <summary>Three months, written <c>2025-Q4</c>.</summary>
[JsonConverter(typeof(QuarterConverter))]
internal sealed record Quarter(int Year, int Number)
{
    public DateOnly First => new(Year, FirstMonth, 1);

    public DateOnly Last => First.AddMonths(3).AddDays(-1);

    /// <summary>Returns are due at the end of the month that follows.</summary>
    public DateOnly Due => First.AddMonths(4).AddDays(-1);

    private int FirstMonth => (3 * (Number - 1)) + 1;

    public bool Contains(DateOnly date) => date >= First && date <= Last;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Year:0000}-Q{Number}");

    public static Quarter? Parse(ReadOnlySpan<char> text)
        => text is [_, _, _, _, '-', 'Q', >= '1' and <= '4'] && int.TryParse(text[..4], NumberStyles.None, CultureInfo.InvariantCulture, out var year) && year > 0
            ? new Quarter(year, text[6] - '0')
            : null;
}

internal sealed class QuarterConverter : JsonConverter<Quarter>
{
    public override Quarter Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => Quarter.Parse(reader.GetString()) ?? throw new JsonException("A quarter is written like 2025-Q4.");

    public override void Write(Utf8JsonWriter writer, Quarter value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
