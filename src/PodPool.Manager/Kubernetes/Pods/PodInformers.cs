using System.Collections.Immutable;
using k8s.Models;
using PodPool.Contracts;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Watching;

namespace PodPool.Manager.Kubernetes.Pods;

/// <summary>
/// The generic pods of all namespaces that have pools, each namespace watched by itself: the manager has no right to see the pods of others.
/// </summary>
internal sealed class PodInformers(KubernetesApi api, IInformerHandler<V1Pod> handler, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _gate = new();
    private ImmutableDictionary<string, (Informer<V1Pod> Informer, Task Running)> _namespaces = ImmutableDictionary<string, (Informer<V1Pod>, Task)>.Empty;

    /// <summary>All pods that are known.</summary>
    public IEnumerable<V1Pod> All => Volatile.Read(ref _namespaces).Values.SelectMany(watched => watched.Informer.All.Values);

    /// <summary>A pod; null: it does not exist, as far as is known.</summary>
    public V1Pod? Find(ObjectName pod) => Volatile.Read(ref _namespaces).TryGetValue(pod.Namespace, out var watched) ? watched.Informer.Find(pod.Namespace, pod.Name) : null;

    /// <summary>Watches a namespace from now on. It is never left: pods of a pool that was deleted are still to be seen ending.</summary>
    /// <returns>Completes when what exists there is known.</returns>
    public Task Watch(string @namespace)
    {
        lock (_gate)
        {
            if (_closed.IsCancellationRequested)
            {
                return Task.CompletedTask;
            }

            if (!_namespaces.TryGetValue(@namespace, out var watched))
            {
                var informer = new Informer<V1Pod>(
                    api.Resource<V1Pod>(@namespace, labels: PodLabels.Pool), new(), PodDigest.Of, time, loggers.CreateLogger<Informer<V1Pod>>());
                informer.Tell(handler);
                using var suppressed = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
                watched = (informer, Task.Run(() => informer.RunAsync(_closed.Token), CancellationToken.None));
                Volatile.Write(ref _namespaces, _namespaces.Add(@namespace, watched));
            }

            return watched.Informer.Synced;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        foreach (var (informer, running) in Volatile.Read(ref _namespaces).Values)
        {
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            informer.Dispose();
        }

        _closed.Dispose();
    }
}
