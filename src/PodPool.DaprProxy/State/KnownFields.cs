using System.Runtime.InteropServices;
using System.Text.Json;

namespace PodPool.DaprProxy.State;

/// <summary>The fields of an object that Dapr knows; all others are left behind.</summary>
/// <remarks>
/// daprd reads JSON with Go's encoding/json, which takes names in any case, folds some letters beyond ASCII (the Kelvin sign is a k to it) and lets
/// the last of several win. Had the door passed on what it does not know, <c>{"key":"mine","KEY":"another's"}</c> would be another's to daprd: so what
/// daprd gets is written anew, from what was understood.
/// </remarks>
internal sealed class KnownFields
{
    private readonly Dictionary<string, JsonElement> _values = [];

    /// <summary>Reads an object.</summary>
    /// <param name="element">What should be one.</param>
    /// <param name="what">What it is, for the message.</param>
    /// <param name="names">The fields that Dapr knows, in its spelling.</param>
    /// <exception cref="FormatException">It is no object, or has a field twice.</exception>
    public KnownFields(JsonElement element, string what, params ReadOnlySpan<string> names)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"{what} is no JSON object");
        }

        foreach (var property in element.EnumerateObject())
        {
            var given = NameOf(property);
            foreach (var name in names)
            {
                if (string.Equals(given, name, StringComparison.OrdinalIgnoreCase) && !_values.TryAdd(name, property.Value))
                {
                    throw new FormatException($"{what} has the field '{name}' twice");
                }
            }
        }
    }

    /// <summary>A field that must be there.</summary>
    /// <exception cref="FormatException">It is not.</exception>
    public JsonElement this[string name] => _values.TryGetValue(name, out var value) ? value : throw new FormatException($"the field '{name}' is missing");

    /// <summary>A field that may be missing; null: it is.</summary>
    public JsonElement? TryGet(string name) => _values.TryGetValue(name, out var value) ? value : null;

    /// <summary>Writes a field as it came, byte for byte, if it came.</summary>
    public void Write(Utf8JsonWriter writer, string name)
    {
        if (_values.TryGetValue(name, out var value))
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
        }
    }

    private static string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException exception)
        {
            throw new FormatException("the name of a field holds half a surrogate pair, which is no text", exception);
        }
    }
}
