using System.Text.Json;
using PodPool.DaprStandIn.State;

namespace PodPool.DaprStandIn.Http;

/// <summary>An item of a transaction.</summary>
/// <remarks>
/// It is read otherwise than all else: into a map, and from there by github.com/mitchellh/mapstructure, to which a field is first of all what Go calls it
/// ("Key", "ETag"), and only without that one whose name is the same in any case.
/// </remarks>
internal sealed record TransactionItem(string Key, JsonElement? Value, string? ETag, IReadOnlyDictionary<string, string> Metadata, StateOptions Options)
{
    /// <exception cref="FormatException">It is no object, or a field of it is not what it should be.</exception>
    public static TransactionItem Read(JsonElement? request)
    {
        var options = Field(request, "Options");
        var metadata = new Dictionary<string, string>();
        if (Field(request, "Metadata") is { } given)
        {
            foreach (var property in Object(given).EnumerateObject())
            {
                metadata[property.Name] = Text(property.Value, $"Metadata[{property.Name}]") ?? "";
            }
        }

        return new(
            Text(Field(request, "Key"), "Key") ?? "", Field(request, "Value"), Text(Field(request, "ETag"), "ETag"), metadata,
            new(Text(Field(options, "Concurrency"), "Options.Concurrency") ?? "", Text(Field(options, "Consistency"), "Options.Consistency") ?? ""));
    }

    private static JsonElement? Field(JsonElement? element, string name)
    {
        if (element is not { } given || given.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        JsonElement? exact = null;
        JsonElement? similar = null;
        foreach (var property in Object(given).EnumerateObject())
        {
            if (property.Name == name)
            {
                exact = property.Value;
            }
            else if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                similar = property.Value;
            }
        }

        var found = exact ?? similar;
        return found?.ValueKind == JsonValueKind.Null ? null : found;
    }

    private static JsonElement Object(JsonElement element)
        => element.ValueKind == JsonValueKind.Object ? element : throw new FormatException($"1 error(s) decoding:\n\n* expected a map, got '{element.ValueKind}'");

    private static string? Text(JsonElement? element, string name)
        => element is not { } given ? null
            : given.ValueKind == JsonValueKind.String ? given.GetString()
            : throw new FormatException($"1 error(s) decoding:\n\n* '{name}' expected type 'string', got unconvertible type '{given.ValueKind}'");
}
