using System.Text.Json;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace PodPool.Manager.Kubernetes.Resources;

/// <summary>
/// What a pool's pods are made from. The API server keeps the pod spec as it was written, without a look at it: so it is JSON here too, and
/// becomes a pod spec when it is asked for. Were it typed, one pool's mistake would break the reading of all pools.
/// </summary>
internal sealed record PodTemplate
{
    /// <summary>The name of the container that is the generic pod.</summary>
    public const string RuntimeContainer = "runtime";

    private static readonly JsonSerializerOptions Options = LenientOptions();

    [JsonPropertyName("metadata")]
    public PodTemplateMetadata Metadata { get; init; } = new();

    [JsonPropertyName("spec")]
    public JsonElement? Spec { get; init; }

    /// <summary>The template as the client library knows it.</summary>
    /// <exception cref="FormatException">It is no pod spec, or has no container <c>runtime</c> with an image. The message says where.</exception>
    public V1PodTemplateSpec ToPodTemplateSpec()
    {
        V1PodSpec? spec;
        try
        {
            spec = Spec?.Deserialize<V1PodSpec>(Options);
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or ArgumentException or OverflowException)
        {
            var path = exception is JsonException { Path: { } where } ? where.Replace("$", "spec.template.spec", StringComparison.Ordinal) : "spec.template.spec";
            throw new FormatException($"{path} is not what a PodSpec has there: {(exception is JsonException { InnerException: { } inner } ? inner : exception).Message}", exception);
        }

        var runtime = spec?.Containers?.FirstOrDefault(container => container.Name == RuntimeContainer);
        if (string.IsNullOrWhiteSpace(runtime?.Image))
        {
            throw new FormatException($"spec.template.spec.containers has no container '{RuntimeContainer}' with an image: name the generic pod's container so, and give it an image made from deploy/images/runtime");
        }

        return new V1PodTemplateSpec
        {
            Metadata = new V1ObjectMeta { Labels = Copy(Metadata.Labels), Annotations = Copy(Metadata.Annotations) },
            Spec = spec,
        };
    }

    /// <summary>A template from one that the client library knows.</summary>
    public static PodTemplate From(V1PodTemplateSpec template)
    {
        ArgumentNullException.ThrowIfNull(template);
        return new()
        {
            Metadata = new() { Labels = Copy(template.Metadata?.Labels), Annotations = Copy(template.Metadata?.Annotations) },
            Spec = JsonDocument.Parse(KubernetesJson.Serialize(template.Spec)).RootElement,
        };
    }

    private static Dictionary<string, string>? Copy(IEnumerable<KeyValuePair<string, string>>? pairs) => pairs is null ? null : new(pairs, StringComparer.Ordinal);

    // As the client library reads, but quantities also as numbers ("cpu: 1"), which nobody has turned into text before.
    private static JsonSerializerOptions LenientOptions()
    {
        var options = new JsonSerializerOptions { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
        options.Converters.Add(new TemplateQuantity());
        options.Converters.Add(new KubernetesJson.KubernetesDateTimeConverter());
        options.Converters.Add(new KubernetesJson.KubernetesDateTimeOffsetConverter());
        return options;
    }

    private sealed class TemplateQuantity : JsonConverter<ResourceQuantity>
    {
        // The client library's parser computes any power of ten that it is given, and a template can hold any.
        private const int MaxLength = 24;
        private const int MaxExponent = 18;

        public override ResourceQuantity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = NumberOrText.TextOf(ref reader);
            var exponent = text.AsSpan(text.AsSpan().LastIndexOfAny('e', 'E') + 1);
            var tooLarge = exponent.Length < text.Length && int.TryParse(exponent, out var power) && Math.Abs((long)power) > MaxExponent;
            try
            {
                return text.Length > MaxLength || tooLarge ? throw new FormatException("it is out of range") : new(text);
            }
            catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException or IndexOutOfRangeException)
            {
                throw new JsonException(null, new FormatException($"'{text}' is no quantity ({exception.Message}); write it like 500m, 2 or 1Gi", exception));
            }
        }

        public override void Write(Utf8JsonWriter writer, ResourceQuantity value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}

/// <summary>What a pool's pods carry beside PodPool's own labels and annotations.</summary>
internal sealed record PodTemplateMetadata
{
    [JsonPropertyName("labels")]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    [JsonPropertyName("annotations")]
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}
