using PodPool.DaprStandIn.PubSub;
using YamlDotNet.RepresentationModel;

namespace PodPool.DaprStandIn.Components;

/// <summary>Reads the files of resource folders: components, and subscriptions that the application does not declare itself.</summary>
/// <remarks>
/// https://docs.dapr.io/reference/resource-specs/. Values may name secrets of a local file; scopes are taken as granted, there being one application.
/// </remarks>
internal static class ResourceFiles
{
    /// <exception cref="FormatException">A file is no YAML, or a component has no name or type.</exception>
    public static (IReadOnlyList<ComponentSource> Components, IReadOnlyList<Subscription> Subscriptions) Read(IEnumerable<string> folders)
    {
        List<ComponentSource> components = [];
        List<Subscription> subscriptions = [];
        foreach (var file in folders.SelectMany(FilesOf))
        {
            foreach (var document in Documents(file))
            {
                switch (Text(document, "kind"))
                {
                    case "Component":
                        components.Add(ComponentSource.Read(file, document));
                        break;
                    case "Subscription":
                        subscriptions.Add(Subscribed(document));
                        break;
                }
            }
        }

        return (components, subscriptions);
    }

    /// <summary>A node's child; null: it has none of the name.</summary>
    public static YamlNode? Child(YamlNode? node, string name)
        => node is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(name), out var child) ? child : null;

    /// <summary>A node's child that is text; null: it has none.</summary>
    public static string? Text(YamlNode? node, string name) => (Child(node, name) as YamlScalarNode)?.Value;

    private static IEnumerable<string> FilesOf(string folder)
        => Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder).Where(file => Path.GetExtension(file) is ".yaml" or ".yml").Order(StringComparer.Ordinal)
            : throw new FormatException($"failed to load resources: the folder {folder} does not exist");

    private static List<YamlNode> Documents(string file)
    {
        using var reader = new StreamReader(file);
        var stream = new YamlStream();
        try
        {
            stream.Load(reader);
        }
        catch (YamlDotNet.Core.YamlException exception)
        {
            throw new FormatException($"failed to load resources: {file}: {exception.Message}", exception);
        }

        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    /// <remarks>v1alpha1 has one route, v2alpha1 rules and a default: dapr/dapr pkg/runtime/pubsub/subscriptions.go.</remarks>
    private static Subscription Subscribed(YamlNode document)
    {
        var spec = Child(document, "spec");
        var routes = Child(spec, "routes");
        List<TopicRoute> rules = [.. (Child(routes, "rules") as YamlSequenceNode ?? []).Select(rule => TopicRoute.Create(Text(rule, "match"), Text(rule, "path") ?? ""))];
        if ((Text(routes, "default") ?? Text(spec, "route")) is { Length: > 0 } path)
        {
            rules.Add(TopicRoute.Create(null, path));
        }

        var bulk = Child(spec, "bulkSubscribe");
        return new()
        {
            PubSub = Text(spec, "pubsubname") ?? "",
            Topic = Text(spec, "topic") ?? "",
            Metadata = (Child(spec, "metadata") as YamlMappingNode)?.Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => ((YamlScalarNode)pair.Value).Value ?? "") ?? [],
            Routes = rules,
            DeadLetterTopic = Text(spec, "deadLetterTopic") ?? "",
            Bulk = Text(bulk, "enabled") == "true" ? BulkSubscription.Of(Whole(bulk, "maxMessagesCount"), Whole(bulk, "maxAwaitDurationMs")) : null,
            Kind = SubscriptionKind.Declarative,
        };
    }

    private static int Whole(YamlNode? node, string name) => int.TryParse(Text(node, name), out var number) ? number : 0;
}
