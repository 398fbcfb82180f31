using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Deploy;

/// <summary>A function as the command line asks for it, as an object of a cluster.</summary>
internal static class FunctionManifest
{
    /// <summary>All of it, defaults too: the function is what the command line says.</summary>
    /// <param name="spec">What was asked for.</param>
    /// <param name="more">What of it only clusters have.</param>
    /// <param name="image">Where the package is.</param>
    /// <param name="entryPoint">What of the package is called.</param>
    public static FunctionResource Of(FunctionSpec spec, ClusterFunction more, string image, string entryPoint) => new()
    {
        Metadata = new() { NamespaceProperty = spec.Function.Namespace, Name = spec.Function.Name },
        Spec = new()
        {
            Pool = spec.Pool,
            Package = new() { Image = image, PullSecret = more.PullSecret },
            EntryPoint = entryPoint,
            Concurrency = spec.Concurrency,
            Scale = new() { Min = spec.Scale.Min, Max = spec.Scale.Max, IdleTimeout = DurationText.Format(spec.Scale.IdleTimeout.ToTimeSpan()) },
            Timeout = DurationText.Format(spec.Timeout.ToTimeSpan()),
            Env =
            [
                .. spec.Environment.OrderBy(variable => variable.Key, StringComparer.Ordinal).Select(variable => new FunctionVariable { Name = variable.Key, Value = variable.Value }),
                .. more.References,
            ],
            OnEmptyPool = spec.OnEmptyPool == EmptyPoolPolicy.Reject ? FunctionResourceSpec.Reject : FunctionResourceSpec.Wait,
            Route = new() { Hosts = [.. spec.Hosts], Paths = [.. spec.Paths] },
        },
    };
}
