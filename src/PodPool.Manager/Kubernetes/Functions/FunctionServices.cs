using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>
/// A Service of each function's own name, so that a caller in the cluster writes <c>http://function.namespace</c> and notices nothing: an alias
/// of the router's name. It has no addresses to be kept, however the routers come and go.
/// </summary>
internal sealed class FunctionServices : FunctionExposure<V1Service>
{
    private readonly string _target;

    /// <param name="api">The cluster.</param>
    /// <param name="options">Where the router is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Told of trouble.</param>
    public FunctionServices(KubernetesApi api, KubernetesOptions options, TimeProvider time, ILoggerFactory loggers)
        : base(api, null, time, loggers)
        => _target = $"{options.RouterService}.{options.Namespace}.svc.{options.ClusterDomain}";

    /// <inheritdoc/>
    public override string ConditionType => ConditionTypes.ServiceReady;

    /// <inheritdoc/>
    protected override V1Service ObjectOf(FunctionResource function) => new()
    {
        Metadata = new()
        {
            Name = function.Metadata.Name,
            NamespaceProperty = function.Metadata.NamespaceProperty,
            OwnerReferences =
            [
                new() { ApiVersion = function.ApiVersion, Kind = function.Kind, Name = function.Metadata.Name, Uid = function.Metadata.Uid, Controller = true, BlockOwnerDeletion = true },
            ],
        },
        Spec = new() { Type = "ExternalName", ExternalName = _target },
    };

    /// <inheritdoc/>
    protected override ObjectName NameOf(ObjectName function) => function;

    /// <inheritdoc/>
    protected override ObjectName? FunctionOf(V1Service subject) => ObjectName.Of(subject);

    /// <inheritdoc/>
    protected override bool IsSame(V1Service known, V1Service wanted)
        => known.Spec.ExternalName == wanted.Spec.ExternalName && (wanted.OwnerReferences() ?? []).All(owner => (known.OwnerReferences() ?? []).Any(other => other.Uid == owner.Uid));

    /// <inheritdoc/>
    protected override ExposureState Made(FunctionResource function)
        => new(true, "Created", $"http://{function.Metadata.Name}.{function.Metadata.NamespaceProperty} leads to the router");

    /// <inheritdoc/>
    protected override ExposureState Taken(ObjectName name)
        => new(false, "NotCreated", $"a Service '{name.Name}' is there already, and is not PodPool's: callers in the cluster use the router, or rename one of the two");

    /// <inheritdoc/>
    protected override ExposureState Lacking(ApiException exception) => new(false, "NotCreated", exception.Message);
}
