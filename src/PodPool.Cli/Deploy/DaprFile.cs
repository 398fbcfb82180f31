using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using PodPool.Cli.CommandLine;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Functions;
using PodPool.Manager.Kubernetes.Resources;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace PodPool.Cli.Deploy;

/// <summary>A file that says what of Dapr a function may use: YAML or JSON, as <c>spec.dapr</c> of a Function is.</summary>
internal static class DaprFile
{
    private const string Remedy = "write it as spec.dapr of a Function, e.g. `stateStores: [{name: statestore}]`; `kubectl explain function.spec.dapr`, or deploy/crds/functions.yaml, has all of it";

    private static readonly JsonSerializerOptions Strict = new() { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    /// <summary>Reads it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CliException">It cannot be read, or says what nobody knows.</exception>
    public static DaprAccess Read(string path)
    {
        try
        {
            using var reader = File.OpenText(path);
            var yaml = new YamlStream();
            yaml.Load(reader);
            var json = yaml.Documents.Count == 0 ? null : ToJson(yaml.Documents[0].RootNode);
            return DaprMapping.ToAccess(json.Deserialize<FunctionDapr?>(Strict)) ?? new();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"--dapr: '{path}' cannot be read: {exception.Message}", Remedy);
        }
        catch (YamlException exception)
        {
            throw CliException.Usage($"--dapr: '{path}' is no YAML: line {exception.Start.Line}: {exception.Message}", Remedy);
        }
        catch (InvalidOperationException)
        {
            // What the parser says of some brackets that are never closed.
            throw CliException.Usage($"--dapr: '{path}' is no YAML: a bracket is not closed", Remedy);
        }
        catch (JsonException exception)
        {
            throw CliException.Usage($"--dapr: '{path}', at {exception.Path}: {exception.Message}", Remedy);
        }
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(child => KeyValuePair.Create(NameOf(child.Key), ToJson(child.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } truth => truth.Value == "true",
        YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" } => null,
        YamlScalarNode text => text.Value,
        _ => throw new YamlException(node.Start, node.End, "a list, a map or a value is wanted"),
    };

    private static string NameOf(YamlNode key) => key is YamlScalarNode { Value: { } name } ? name : throw new YamlException(key.Start, key.End, "a name is wanted");
}
