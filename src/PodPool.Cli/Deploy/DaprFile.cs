using k8s;
using PodPool.Cli.CommandLine;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Functions;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Deploy;

/// <summary>A file that says what of Dapr a function may use: YAML or JSON, as <c>spec.dapr</c> of a Function is.</summary>
internal static class DaprFile
{
    /// <summary>Reads it.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CliException">It cannot be read, or says what nobody knows.</exception>
    public static DaprAccess Read(string path)
    {
        const string Remedy = "write it as spec.dapr of a Function, e.g. `stateStores: [{name: statestore}]`; README.md, \"Dapr\", has all of it";
        try
        {
            return DaprMapping.ToAccess(KubernetesYaml.Deserialize<FunctionDapr?>(File.ReadAllText(path), strict: true)) ?? new();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"--dapr: '{path}' cannot be read: {exception.Message}", Remedy);
        }
        catch (YamlDotNet.Core.YamlException exception)
        {
            var why = exception.InnerException is { } inner ? inner.Message : exception.Message;
            throw CliException.Usage($"--dapr: '{path}', line {exception.Start.Line}: {why}", Remedy);
        }
    }
}
