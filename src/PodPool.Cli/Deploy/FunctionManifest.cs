using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Functions;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Cli.Deploy;

/// <summary>A function as the command line asks for it, as an object of a cluster.</summary>
internal static class FunctionManifest
{
    private static readonly FunctionResourceSpec Defaults = new();

    /// <summary>All of it, defaults too: the function is what the command line says. What is absent of the specification has the default that both contracts give it.</summary>
    /// <param name="spec">What was asked for.</param>
    /// <param name="more">What of it only clusters have.</param>
    /// <param name="image">Where the package is.</param>
    /// <param name="entryPoint">What of the package is called.</param>
    public static FunctionResource Of(FunctionSpec spec, ClusterFunction more, string image, string entryPoint) => new()
    {
        Metadata = new() { NamespaceProperty = spec.Function.Namespace, Name = spec.Function.Name },
        Spec = new()
        {
            Pool = spec.Pool.Length > 0 ? spec.Pool : Defaults.Pool,
            Package = new() { Image = image, PullSecret = more.PullSecret },
            EntryPoint = entryPoint,
            Concurrency = spec.Concurrency > 0 ? spec.Concurrency : Defaults.Concurrency,
            Scale = new()
            {
                Min = spec.Scale?.Min ?? Defaults.Scale.Min,
                Max = spec.Scale?.Max ?? Defaults.Scale.Max,
                IdleTimeout = Text(spec.Scale?.IdleTimeout) ?? Defaults.Scale.IdleTimeout,
            },
            Timeout = Text(spec.Timeout) ?? Defaults.Timeout,
            Env =
            [
                .. spec.Environment.OrderBy(variable => variable.Key, StringComparer.Ordinal).Select(variable => new FunctionVariable { Name = variable.Key, Value = variable.Value }),
                .. more.References,
            ],
            OnEmptyPool = spec.OnEmptyPool == EmptyPoolPolicy.Reject ? FunctionResourceSpec.Reject : FunctionResourceSpec.Wait,
            Route = new() { Hosts = [.. spec.Hosts], Paths = [.. spec.Paths] },
            Dapr = DaprMapping.ToResource(spec.Dapr),
        },
    };

    private static string? Text(Duration? duration) => duration is null ? null : DurationText.Format(duration.ToTimeSpan());
}
