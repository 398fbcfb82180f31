using System.Globalization;
using System.Text.Json;
using PodPool.DaprStandIn.Components;

namespace PodPool.DaprStandIn.Secrets;

/// <summary>secretstores.local.file: secrets in a file of JSON, read once.</summary>
/// <remarks>dapr/components-contrib secretstores/local/file/filestore.go: what is nested is named by its path, or is one secret with several values.</remarks>
internal sealed class LocalFileSecretStore
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _secrets = [];

    private LocalFileSecretStore(bool isMultiValued) => IsMultiValued = isMultiValued;

    /// <summary>A secret has the values of an object.</summary>
    public bool IsMultiValued { get; }

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> All => _secrets;

    /// <exception cref="FormatException">The component names no file, or the file is no object of JSON.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static LocalFileSecretStore Read(Component component)
    {
        var path = component["secretsFile"] ?? throw new FormatException("missing local secrets file in metadata");
        var store = new LocalFileSecretStore(component["multiValued"] == "true");
        var separator = component["nestedSeparator"] ?? ":";
        try
        {
            using var file = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (var property in file.RootElement.EnumerateObject())
            {
                if (!store.IsMultiValued)
                {
                    Visit(property.Value, property.Name, separator, (name, value) => store._secrets[name] = new Dictionary<string, string> { [name] = value });
                }
                else if (property.Value.ValueKind == JsonValueKind.String)
                {
                    store._secrets[property.Name] = new Dictionary<string, string> { [property.Name] = property.Value.GetString()! };
                }
                else if (property.Value.ValueKind == JsonValueKind.Object)
                {
                    var values = new Dictionary<string, string>();
                    foreach (var nested in property.Value.EnumerateObject())
                    {
                        Visit(nested.Value, nested.Name, separator, (name, value) => values[name] = value);
                    }

                    store._secrets[property.Name] = values;
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new FormatException($"{path} is no object of JSON: {exception.Message}", exception);
        }

        return store;
    }

    /// <summary>A secret's values; null: there is none of the name.</summary>
    public IReadOnlyDictionary<string, string>? Get(string name) => _secrets.GetValueOrDefault(name);

    private static void Visit(JsonElement value, string path, string separator, Action<string, string> found)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject())
                {
                    Visit(property.Value, path + separator + property.Name, separator, found);
                }

                break;
            case JsonValueKind.Array:
                var items = value.EnumerateArray().ToList();
                for (var i = 0; i < items.Count; i++)
                {
                    Visit(items[i], string.Create(CultureInfo.InvariantCulture, $"{path}{separator}{i}"), separator, found);
                }

                break;
            default:
                found(path, Primitive(value));
                break;
        }
    }

    /// <remarks>What is no text is formatted by Go as if it were, which Go remarks on in its own way.</remarks>
    private static string Primitive(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => $"%!s(float64={value.GetRawText()})",
        JsonValueKind.True => "%!s(bool=true)",
        JsonValueKind.False => "%!s(bool=false)",
        _ => "%!s(<nil>)",
    };
}
