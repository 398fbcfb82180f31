using PodPool.Manager.Kubernetes.Resources;
using YamlDotNet.RepresentationModel;

namespace PodPool.Cli.Check;

/// <summary>What a custom resource definition says, in YAML or in JSON, which is YAML too.</summary>
internal static class Schemas
{
    private const string Rules = "x-kubernetes-validations";

    /// <summary>The custom resources of this version: <c>deploy/crds</c>.</summary>
    public static IReadOnlyDictionary<string, SchemaFact> Wanted { get; } = new[] { "functions", "runtimepools" }.ToDictionary(
        plural => $"{plural}.{CustomResources.Group}",
        plural =>
        {
            using var stream = typeof(Schemas).Assembly.GetManifestResourceStream($"crds/{plural}.yaml")!;
            using var reader = new StreamReader(stream);
            return Read(reader);
        });

    /// <exception cref="YamlDotNet.Core.YamlException">It cannot be read.</exception>
    public static SchemaFact Read(TextReader definition)
    {
        var yaml = new YamlStream();
        yaml.Load(definition);
        var root = yaml.Documents[0].RootNode;
        var established = At(root, "status", "conditions") is YamlSequenceNode conditions
            && conditions.Any(condition => Text(condition, "type") == "Established" && Text(condition, "status") == "True");
        var version = At(root, "spec", "versions") is YamlSequenceNode versions ? versions.FirstOrDefault(each => Text(each, "name") == CustomResources.Version) : null;
        var fields = new HashSet<string>(StringComparer.Ordinal);
        var hasRules = false;
        foreach (var part in (string[])["spec", "status"])
        {
            Add(At(version, "schema", "openAPIV3Schema", "properties", part), part);
        }

        return new(established, fields, hasRules);

        void Add(YamlNode? schema, string path)
        {
            if (schema is null)
            {
                return;
            }

            fields.Add(path);
            hasRules |= At(schema, Rules) is not null;
            if (At(schema, "properties") is YamlMappingNode properties)
            {
                foreach (var (name, below) in properties.Children)
                {
                    Add(below, $"{path}.{((YamlScalarNode)name).Value}");
                }
            }

            Add(At(schema, "items"), path);
        }
    }

    private static YamlNode? At(YamlNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            node = node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(name), out var next) ? next : null;
        }

        return node;
    }

    private static string? Text(YamlNode node, string name) => (At(node, name) as YamlScalarNode)?.Value;
}
