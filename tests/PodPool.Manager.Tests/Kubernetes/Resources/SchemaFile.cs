using YamlDotNet.RepresentationModel;

namespace PodPool.Manager.Tests.Kubernetes.Resources;

/// <summary>A custom resource's definition, read from the file that is installed.</summary>
internal sealed class SchemaFile
{
    private readonly YamlMappingNode _version;

    private SchemaFile(YamlMappingNode definition) => _version = (YamlMappingNode)definition["spec"]["versions"][0];

    /// <summary>The schema of the whole object.</summary>
    public SchemaNode Root => new("", (YamlMappingNode)_version["schema"]["openAPIV3Schema"]);

    /// <summary>The paths that printer columns and the scale subresource read.</summary>
    public IEnumerable<string> ReadPaths => Nodes(_version).OfType<YamlMappingNode>().SelectMany(node => node.Children)
        .Where(pair => pair.Value is YamlScalarNode && ((YamlScalarNode)pair.Key).Value is "jsonPath" or "specReplicasPath" or "statusReplicasPath" or "labelSelectorPath")
        .Select(pair => ((YamlScalarNode)pair.Value).Value!);

    public static SchemaFile RuntimePools => Read("runtimepools.yaml");

    public static SchemaFile Functions => Read("functions.yaml");

    /// <summary>Reads a file of the folder <c>deploy</c>.</summary>
    public static YamlMappingNode ReadMapping(params string[] path)
    {
        using var reader = new StreamReader(Path.Combine([RepositoryFolder(), "deploy", .. path]));
        var stream = new YamlStream();
        stream.Load(reader);
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    public static IEnumerable<YamlNode> Nodes(YamlNode node) => node switch
    {
        YamlMappingNode mapping => mapping.Children.Values.SelectMany(Nodes).Prepend(node),
        YamlSequenceNode sequence => sequence.Children.SelectMany(Nodes).Prepend(node),
        _ => [node],
    };

    private static SchemaFile Read(string name) => new(ReadMapping("crds", name));

    /// <summary>The source tree that the tests were built from.</summary>
    public static string RepositoryFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "PodPool.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"'{AppContext.BaseDirectory}' is in no source tree of PodPool");
    }
}

/// <summary>The schema of one field.</summary>
/// <param name="Path">The field, as <c>spec.env[].name</c>.</param>
/// <param name="Yaml">Its schema.</param>
internal sealed record SchemaNode(string Path, YamlMappingNode Yaml)
{
    public string? this[string key] => (Child(key) as YamlScalarNode)?.Value;

    /// <summary>Whether what is below is kept as it is written.</summary>
    public bool IsOpen => this["x-kubernetes-preserve-unknown-fields"] == "true";

    public bool HasValidations => Child("x-kubernetes-validations") is not null;

    public bool HasValues => Child("enum") is not null;

    public YamlNode? Default => Child("default");

    public SchemaNode? Items => Child("items") is YamlMappingNode items ? new(Path + "[]", items) : null;

    public IReadOnlyDictionary<string, SchemaNode> Properties => Child("properties") is YamlMappingNode properties
        ? properties.Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => new SchemaNode($"{Path}.{((YamlScalarNode)pair.Key).Value}".TrimStart('.'), (YamlMappingNode)pair.Value))
        : new Dictionary<string, SchemaNode>();

    /// <summary>This field and all below it.</summary>
    public IEnumerable<SchemaNode> All => Properties.Values.SelectMany(property => property.All).Concat(Items?.All ?? []).Prepend(this);

    public bool IsRequired(string property) => Child("required") is YamlSequenceNode names && names.Any(name => ((YamlScalarNode)name).Value == property);

    /// <summary>The field at a path.</summary>
    public SchemaNode At(string path) => All.Single(node => node.Path == path);

    private YamlNode? Child(string key) => Yaml.Children.TryGetValue(key, out var child) ? child : null;
}
