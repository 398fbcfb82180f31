using YamlDotNet.RepresentationModel;

namespace PodPool.DaprStandIn.Components;

/// <summary>A component in its file, before the secrets that it names are known.</summary>
/// <param name="Described">What the file says.</param>
/// <param name="SecretStore">Where the secrets are that it names; null: nowhere.</param>
/// <param name="Secrets">Settings that are secrets.</param>
internal sealed record ComponentSource(Component Described, string? SecretStore, IReadOnlyList<SecretReference> Secrets)
{
    /// <exception cref="FormatException">It has no name or type.</exception>
    public static ComponentSource Read(string file, YamlNode document)
    {
        var spec = ResourceFiles.Child(document, "spec");
        var name = ResourceFiles.Text(ResourceFiles.Child(document, "metadata"), "name");
        var type = ResourceFiles.Text(spec, "type");
        if (string.IsNullOrEmpty(name) || string.IsNullOrEmpty(type))
        {
            throw new FormatException($"failed to load resources: {file}: a component without a name or a type");
        }

        var metadata = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        List<SecretReference> secrets = [];
        foreach (var item in ResourceFiles.Child(spec, "metadata") as YamlSequenceNode ?? [])
        {
            var setting = ResourceFiles.Text(item, "name") ?? "";
            if (ResourceFiles.Child(item, "secretKeyRef") is { } secret)
            {
                secrets.Add(new(setting, ResourceFiles.Text(secret, "name") ?? "", ResourceFiles.Text(secret, "key") ?? ""));
            }
            else
            {
                metadata[setting] = ResourceFiles.Text(item, "value") ?? "";
            }
        }

        return new(
            new(name, type, ResourceFiles.Text(spec, "version") ?? "", ResourceFiles.Text(spec, "ignoreErrors") == "true", metadata),
            ResourceFiles.Text(ResourceFiles.Child(document, "auth"), "secretStore"), secrets);
    }
}

/// <summary>A setting whose value is a secret.</summary>
internal sealed record SecretReference(string Setting, string Name, string Key);
