using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Watching;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>
/// A Service of each function's own name, so that a caller in the cluster writes <c>http://function.namespace</c> and notices nothing: an alias
/// of the router's name. It has no addresses to be kept, however the routers come and go.
/// </summary>
internal sealed class FunctionServices : IDisposable
{
    private const string ManagedBy = "app.kubernetes.io/managed-by";
    private const string Manager = "podpool";

    private readonly Resource<V1Service> _services;
    private readonly Informer<V1Service> _known;
    private readonly string _target;

    /// <param name="api">The cluster.</param>
    /// <param name="options">Where the router is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Told of trouble.</param>
    public FunctionServices(KubernetesApi api, KubernetesOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _services = api.Resource<V1Service>();
        _known = new(api.Resource<V1Service>(labels: $"{ManagedBy}={Manager}"), new(), null, time, loggers.CreateLogger<Informer<V1Service>>());
        _target = $"{options.RouterService}.{options.Namespace}.svc.{options.ClusterDomain}";
    }

    /// <summary>Follows what there is until it is ended.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _known.RunAsync(cancellationToken);

    /// <summary>Sees to it that a function has its Service.</summary>
    /// <returns>Why it has none; null: it has.</returns>
    /// <exception cref="ApiException">The API server cannot be reached; it is to be tried again.</exception>
    public async Task<string?> EnsureAsync(FunctionResource function, CancellationToken cancellationToken)
    {
        var name = ObjectName.Of(function);
        await _known.Synced.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            switch (_known.Find(name.Namespace, name.Name))
            {
                case null:
                    await _services.CreateAsync(ServiceOf(function), cancellationToken).ConfigureAwait(false);
                    return null;
                case var known when known.Spec.ExternalName == _target && known.Metadata.OwnerReferences?.Any(owner => owner.Uid == function.Metadata.Uid) == true:
                    return null;
                default:
                    await _services.ApplyAsync(ServiceOf(function), LoaderSecret.FieldManager, cancellationToken).ConfigureAwait(false);
                    return null;
            }
        }
        catch (ApiException exception) when (exception.Failure == ApiFailure.AlreadyExists)
        {
            return $"a Service '{name.Name}' is there already, and is not PodPool's: callers in the cluster use the router, or rename one of the two";
        }
        catch (ApiException exception) when (exception.Failure is ApiFailure.Denied or ApiFailure.Invalid)
        {
            return exception.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _known.Dispose();

    private V1Service ServiceOf(FunctionResource function) => new()
    {
        Metadata = new()
        {
            Name = function.Metadata.Name,
            NamespaceProperty = function.Metadata.NamespaceProperty,
            Labels = new Dictionary<string, string> { [ManagedBy] = Manager, ["app.kubernetes.io/part-of"] = "podpool" },
            OwnerReferences =
            [
                new() { ApiVersion = function.ApiVersion, Kind = function.Kind, Name = function.Metadata.Name, Uid = function.Metadata.Uid, Controller = true, BlockOwnerDeletion = true },
            ],
        },
        Spec = new() { Type = "ExternalName", ExternalName = _target },
    };
}
