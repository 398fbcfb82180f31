using System.Text.Json.Serialization;

namespace PodPool.Router.Refusing;

/// <summary>RFC 9457, with our reason.</summary>
internal sealed record ProblemBody(string Type, string Title, int Status, string Detail, string Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProblemBody))]
internal sealed partial class ProblemJson : JsonSerializerContext;
