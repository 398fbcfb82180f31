using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>A function's custom resource, as the manager keeps functions.</summary>
internal static class FunctionMapping
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>What is asked for, without files and environment: those are elsewhere.</summary>
    /// <param name="function">The resource, in which <see cref="ResourceRules"/> found no problem.</param>
    /// <param name="pool">The manager's name of its pool.</param>
    /// <exception cref="FormatException">A duration in it is none.</exception>
    public static FunctionSpec ToSpec(FunctionResource function, string pool)
    {
        var spec = function.Spec;
        return new()
        {
            Function = new() { Namespace = function.Metadata.NamespaceProperty, Name = function.Metadata.Name },
            Pool = pool,
            EntryPoint = spec.EntryPoint ?? "",
            Concurrency = spec.Concurrency,
            Scale = new()
            {
                Min = spec.Scale.Min,
                Max = spec.Scale.Max,
                IdleTimeout = Duration.FromTimeSpan(DurationText.Parse(spec.Scale.IdleTimeout, "spec.scale.idleTimeout", TimeSpan.Zero, Day)),
            },
            Timeout = Duration.FromTimeSpan(DurationText.Parse(spec.Timeout, "spec.timeout", TimeSpan.Zero, Day)),
            OnEmptyPool = spec.OnEmptyPool == FunctionResourceSpec.Reject ? EmptyPoolPolicy.Reject : EmptyPoolPolicy.Wait,
            Hosts = { spec.Route.Hosts },
            Paths = { spec.Route.Paths },
            Dapr = DaprMapping.ToAccess(spec.Dapr),
        };
    }
}
