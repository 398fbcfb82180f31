using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>Objects as JSON, by the rules of the client library: its dates, its quantities, nothing that is null.</summary>
internal static class ApiJson
{
    private static readonly JsonSerializerOptions Options = LibraryOptions();

    /// <exception cref="JsonException">It is not such an object.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, InfoOf<T>()) ?? throw Nothing();

    /// <exception cref="JsonException">It is not such an object.</exception>
    public static T Read<T>(ReadOnlySequence<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        return JsonSerializer.Deserialize(ref reader, InfoOf<T>()) ?? throw Nothing();
    }

    /// <exception cref="JsonException">It is not such an object.</exception>
    public static T Read<T>(JsonElement json) => json.Deserialize(InfoOf<T>()) ?? throw Nothing();

    /// <exception cref="JsonException">It is not such an object.</exception>
    public static async Task<T> ReadAsync<T>(Stream json, CancellationToken cancellationToken)
        => await JsonSerializer.DeserializeAsync(json, InfoOf<T>(), cancellationToken).ConfigureAwait(false) ?? throw Nothing();

    public static byte[] Write(object value) => JsonSerializer.SerializeToUtf8Bytes(value, Options.GetTypeInfo(value.GetType()));

    private static JsonTypeInfo<T> InfoOf<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    private static JsonException Nothing() => new("there is null where an object belongs");

    /// <summary>The library's own: it reads from streams only while a thread waits, so its methods are of no use here.</summary>
    private static JsonSerializerOptions LibraryOptions()
    {
        JsonSerializerOptions? found = null;
        KubernetesJson.AddJsonOptions(options => found = options);
        return found!;
    }
}
