using System.Text.Json;

namespace PodPool.DaprStandIn.Go;

/// <summary>A JSON object as Go's encoding/json puts it into a struct: names in any case, the last of several wins.</summary>
/// <remarks>
/// https://pkg.go.dev/encoding/json#Unmarshal. Two letters beyond ASCII fold into it: the long s and the Kelvin sign. What is not done here: Go merges
/// objects that come twice under one name, where here the later replaces the earlier.
/// </remarks>
internal readonly struct GoObject
{
    private readonly JsonElement _element;

    /// <param name="element">The object; null is one without fields.</param>
    /// <param name="type">What Go calls it, for the message.</param>
    /// <exception cref="FormatException">It is neither.</exception>
    public GoObject(JsonElement element, string type)
        => _element = element.ValueKind is JsonValueKind.Object or JsonValueKind.Null ? element : throw Mismatch(element, type);

    /// <summary>A field's value; null: there is none, or it is null.</summary>
    public JsonElement? this[string name]
    {
        get
        {
            JsonElement? found = null;
            if (_element.ValueKind == JsonValueKind.Object)
            {
                foreach (var property in _element.EnumerateObject())
                {
                    if (Fold(property.Name).Equals(name, StringComparison.OrdinalIgnoreCase))
                    {
                        found = property.Value.ValueKind == JsonValueKind.Null ? null : property.Value;
                    }
                }
            }

            return found;
        }
    }

    /// <exception cref="FormatException">It is there and no text.</exception>
    public string? Text(string name)
        => this[name] is not { } value ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Mismatch(value, "string");

    /// <summary>A map from text to text.</summary>
    /// <exception cref="FormatException">It is there and none.</exception>
    public Dictionary<string, string>? Map(string name)
    {
        if (this[name] is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Mismatch(value, "map[string]string");
        }

        var map = new Dictionary<string, string>();
        foreach (var property in value.EnumerateObject())
        {
            map[property.Name] = property.Value.ValueKind switch
            {
                JsonValueKind.String => property.Value.GetString()!,
                JsonValueKind.Null => "",
                _ => throw Mismatch(property.Value, "string"),
            };
        }

        return map;
    }

    /// <summary>A list; none: empty.</summary>
    /// <exception cref="FormatException">It is there and none.</exception>
    public IReadOnlyList<JsonElement> List(string name)
        => this[name] is not { } value ? [] : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw Mismatch(value, "[]");

    /// <summary>An object within it; none: one without fields.</summary>
    public GoObject Object(string name, string type) => this[name] is { } value ? new(value, type) : default;

    /// <exception cref="FormatException">It is there and neither true nor false.</exception>
    public bool Truth(string name)
        => this[name] is { } value && (value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Mismatch(value, "bool"));

    /// <exception cref="FormatException">It is there and no whole number.</exception>
    public int Number(string name)
        => this[name] is not { } value ? 0 : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Mismatch(value, "int");

    private static FormatException Mismatch(JsonElement element, string type)
        => new($"json: cannot unmarshal {(element.ValueKind is JsonValueKind.True or JsonValueKind.False ? "bool" : element.ValueKind.ToString().ToLowerInvariant())} into Go value of type {type}");

    private static string Fold(string name) => name.Replace('\u017f', 's').Replace('\u212a', 'k');
}
