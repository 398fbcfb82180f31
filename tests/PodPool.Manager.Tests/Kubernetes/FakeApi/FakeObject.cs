using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>A kind of object, by where it is served.</summary>
/// <param name="Group">Empty: the core group.</param>
internal readonly record struct FakeKind(string Group, string Version, string Plural)
{
    public static readonly FakeKind Pods = new("", "v1", "pods");

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}

/// <summary>An object of one version; never changes.</summary>
internal sealed class FakeObject(JsonElement json)
{
    public JsonElement Json { get; } = json;

    public string Namespace => Text("metadata", "namespace") ?? "";

    public string Name => Text("metadata", "name")!;

    public string Uid => Text("metadata", "uid")!;

    public long Version => long.Parse(Text("metadata", "resourceVersion")!, CultureInfo.InvariantCulture);

    public bool IsDeleting => Text("metadata", "deletionTimestamp") is not null;

    /// <summary>A text, number or truth value at a path; null: there is none.</summary>
    public string? Text(params ReadOnlySpan<string> path)
    {
        var at = Json;
        foreach (var name in path)
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }

        return at.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.Undefined => null,
            JsonValueKind.String => at.GetString(),
            _ => at.GetRawText(),
        };
    }

    public JsonObject ToNode() => JsonObject.Create(Json)!.DeepClone().AsObject();

    public static FakeObject Of(JsonObject node) => new(JsonSerializer.SerializeToElement(node));

    public override string ToString() => Json.GetRawText();
}
