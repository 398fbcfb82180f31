using System.Collections.Concurrent;
using System.Globalization;
using k8s.Models;
using PodPool.Contracts;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Leading;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Kubernetes.Pods;

/// <summary>
/// Each generic pod is a pod of a cluster, owned by its RuntimePool. What exists is known from one watch; nothing here asks the API server
/// while a caller waits, and what it cannot be told while it is down is told when it is back.
/// </summary>
internal sealed partial class KubernetesPlatform : IPodPlatform, IInformerHandler<V1Pod>, IInformerHandler<RuntimePoolResource>, IAsyncDisposable
{
    /// <summary>Zero would take the pod out of the list before its processes have ended.</summary>
    private static readonly TimeSpan ShortestGrace = TimeSpan.FromSeconds(1);

    /// <summary>A namespace whose pods the manager may not see shall not keep the others waiting.</summary>
    private static readonly TimeSpan ListPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(1);

    private readonly Resource<V1Pod> _pods;
    private readonly PodInformers _informers;
    private readonly NodeWatch _nodes;
    private readonly Informer<RuntimePoolResource> _pools;
    private readonly PodLabelWriter _labels;
    private readonly PodDeleter _deleter;
    private readonly PodLogSource _logs;
    private readonly ClaimKey _key;
    private readonly ManagerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<PodId, ObjectName> _names = new();
    private readonly CancellationTokenSource _closed = new();
    private IPlatformObserver? _observer;
    private Task _running = Task.CompletedTask;

    /// <param name="api">The cluster.</param>
    /// <param name="pools">All pools; it is run by somebody else.</param>
    /// <param name="key">Whose claims pods shall take.</param>
    /// <param name="fence">No pod is ended but behind it.</param>
    /// <param name="options">How long an instance gets to end.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Told of trouble.</param>
    public KubernetesPlatform(
        KubernetesApi api, Informer<RuntimePoolResource> pools, ClaimKey key, LeaderFence fence, ManagerOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        (_pools, _key, _options, _time, _logger) = (pools, key, options, time, loggers.CreateLogger<KubernetesPlatform>());
        _pods = api.Resource<V1Pod>();
        _informers = new(api, this, time, loggers);
        _nodes = new(api, time, loggers, NodeIsLost);
        _labels = new(_pods, _informers.Find, time, loggers.CreateLogger<PodLabelWriter>());
        _deleter = new(_pods, _informers.Find, name => Forget(name, "it does not exist"), fence, time, loggers.CreateLogger<PodDeleter>());
        _logs = new(api);
        pools.Tell((IInformerHandler<RuntimePoolResource>)this);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PlatformPod>> StartAsync(IPlatformObserver observer, CancellationToken cancellationToken)
    {
        _observer = observer;
        using (ExecutionContext.SuppressFlow())
        {
            _running = Task.WhenAll(
                Task.Run(() => _nodes.RunAsync(_closed.Token), CancellationToken.None),
                Task.Run(() => _labels.RunAsync(_closed.Token), CancellationToken.None),
                Task.Run(() => _deleter.RunAsync(_closed.Token), CancellationToken.None));
        }

        await _pools.Synced.WaitAsync(cancellationToken).ConfigureAwait(false);
        var listed = _pools.All.Keys.Select(pool => pool.Namespace).Distinct().Select(_informers.Watch);
        await Task.WhenAll(listed).WaitAsync(ListPatience, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return await ListAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task CreateAsync(PodId pod, PoolOptions pool, CancellationToken cancellationToken)
    {
        if (PoolMapping.NameOf(pool.Name) is var named && _pools.Find(named.Namespace, named.Name) is not { } resource)
        {
            throw new PodCreationException($"there is no RuntimePool {pool.Name} any more");
        }

        var name = new ObjectName(resource.Metadata.NamespaceProperty, pod.Value);
        _names[pod] = name;
        try
        {
            await _pods.CreateAsync(PodManifest.Build(resource, pod, _key.PublicKey), cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException exception) when (exception.Failure is ApiFailure.AlreadyExists)
        {
            // By this manager, whose first word about it was lost: names are never used again.
        }
        catch (ApiException exception) when (exception.Failure is ApiFailure.Unreachable)
        {
            // Asked as soon as there is somebody to ask: else a server that was away for a moment would be felt until the pod's time to start is over.
            Log.CreationUncertain(_logger, pod.Value, exception.Message);
            if (!await WasCreatedAsync(name, cancellationToken).ConfigureAwait(false))
            {
                _names.TryRemove(pod, out _);
                throw new PodCreationException(exception.Message, exception);
            }
        }
        catch (Exception exception) when (exception is ApiException or FormatException)
        {
            _names.TryRemove(pod, out _);
            throw new PodCreationException(exception.Message, exception);
        }
    }

    /// <inheritdoc/>
    /// <remarks>It is tried until the pod is gone.</remarks>
    public Task DeleteAsync(PodId pod, bool gently, CancellationToken cancellationToken)
    {
        if (_names.TryGetValue(pod, out var name))
        {
            _deleter.Delete(name, gently && _options.KillAfter > ShortestGrace ? _options.KillAfter : ShortestGrace);
        }
        else
        {
            _observer?.Gone(pod, "the cluster does not know it");
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<PlatformPod>> ListAsync(CancellationToken cancellationToken)
        => Task.FromResult<IReadOnlyList<PlatformPod>>([.. _informers.All.Where(Exists).Select(Describe)]);

    /// <inheritdoc/>
    /// <remarks>By the watch, not by a question: it must have an answer while the API server has none.</remarks>
    public Task<bool> ExistsAsync(PodId pod, CancellationToken cancellationToken)
        => Task.FromResult(_names.TryGetValue(pod, out var name) && _informers.Find(name) is { } known && Exists(known));

    /// <inheritdoc/>
    public void ClaimStarted(ClaimOrder order)
    {
        if (_names.TryGetValue(order.Pod, out var name))
        {
            _labels.Claimed(name, new(order.Function.Name, order.Function.Revision, order.Claim));
        }
    }

    /// <inheritdoc/>
    public void Observed(PodObservation observation)
    {
        if (_names.TryGetValue(observation.Pod, out var name))
        {
            _labels.Observed(name, observation.Phase, observation.Binding);
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<string> ReadLogAsync(PodId pod, int tail, bool follow, CancellationToken cancellationToken)
        => _names.TryGetValue(pod, out var name) ? _logs.ReadAsync(name, tail, follow, cancellationToken) : AsyncEnumerable.Empty<string>();

    /// <inheritdoc/>
    public Task<IReadOnlyList<PodId>> PodsOfAsync(FunctionName function, CancellationToken cancellationToken)
        => Task.FromResult<IReadOnlyList<PodId>>(
        [
            .. from pod in _informers.All
               where pod.Metadata.Labels is { } labels
                   && labels.TryGetValue(PodLabels.Function, out var name) && name == function.Name
                   && labels.TryGetValue(PodLabels.FunctionNamespace, out var space) && space == function.Namespace
               orderby pod.Metadata.CreationTimestamp
               select new PodId(pod.Metadata.Name),
        ]);

    /// <inheritdoc/>
    /// <remarks>A manager's end is no pod's end: the next one, or the other one, takes them over.</remarks>
    public async Task StopAsync(bool keepPods, CancellationToken cancellationToken)
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(keepPods: true, CancellationToken.None).ConfigureAwait(false);
        await _informers.DisposeAsync().ConfigureAwait(false);
        _labels.Dispose();
        _deleter.Dispose();
        _nodes.Dispose();
        _closed.Dispose();
    }

    void IInformerHandler<RuntimePoolResource>.Added(RuntimePoolResource pool) => _ = _informers.Watch(pool.Metadata.NamespaceProperty);

    void IInformerHandler<RuntimePoolResource>.Changed(RuntimePoolResource old, RuntimePoolResource pool)
    {
        // Its namespace cannot change.
    }

    void IInformerHandler<RuntimePoolResource>.Removed(RuntimePoolResource pool)
    {
        // Its pods are still to be seen ending.
    }

    void IInformerHandler<V1Pod>.Added(V1Pod pod) => Tell(pod);

    void IInformerHandler<V1Pod>.Changed(V1Pod old, V1Pod pod) => Tell(pod);

    void IInformerHandler<V1Pod>.Removed(V1Pod pod) => Forget(ObjectName.Of(pod), "it was deleted");

    /// <summary>Says what one change of a pod means. The same again changes nothing, so it need not be known what changed.</summary>
    private void Tell(V1Pod pod)
    {
        var id = new PodId(pod.Metadata.Name);
        var name = ObjectName.Of(pod);
        _names[id] = name;
        _labels.Seen(name, pod);
        if (PodTroubles.HasEnded(pod))
        {
            // Its processes are gone; what is left is an entry in a list. A pod that never was warm is told of first: the message is its pool's.
            _observer!.Seen(Describe(pod));
            _observer!.Gone(id, PodTroubles.Of(pod).Message);
            _deleter.Delete(name, ShortestGrace);
        }
        else
        {
            _observer!.Seen(Describe(pod));
        }
    }

    private async Task<bool> WasCreatedAsync(ObjectName name, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await _pods.GetAsync(name, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (ApiException exception) when (exception.Failure is ApiFailure.NotFound)
            {
                return false;
            }
            catch (ApiException exception)
            {
                Log.StillUncertain(_logger, name.Name, exception.Message);
                await Task.Delay(AskAgainAfter, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Forget(ObjectName name, string why)
    {
        var pod = new PodId(name.Name);
        _names.TryRemove(pod, out _);
        _labels.Forget(name);
        _deleter.Forget(name);
        _observer!.Gone(pod, why);
    }

    private void NodeIsLost(string node)
    {
        var pods = _informers.All.Where(pod => pod.Spec?.NodeName == node && Exists(pod)).ToList();
        Log.NodeLost(_logger, node, pods.Count);
        foreach (var pod in pods)
        {
            _observer!.Seen(Describe(pod));
        }
    }

    private static bool Exists(V1Pod pod) => !PodTroubles.HasEnded(pod);

    private PlatformPod Describe(V1Pod pod)
    {
        var node = pod.Spec?.NodeName ?? "";
        var troubles = PodTroubles.Of(pod);
        var (trouble, condemned) =
            pod.Metadata.DeletionTimestamp is not null ? ("it is being deleted", true)
            : node.Length > 0 && !_nodes.IsReady(node) ? ($"its node {node} is not ready", true)
            : (troubles.Message, troubles.Hopeless);
        return new(new(pod.Metadata.Name), PodManifest.PoolOf(pod)!, node, Exists(pod) ? LoaderOf(pod.Status?.PodIP) : null)
        {
            Trouble = trouble, IsCondemned = condemned, Template = pod.Metadata.Labels?.TryGetValue(PodLabels.Template, out var template) == true ? template : "", IsNew = pod.Metadata.Labels?.TryGetValue(PodLabels.State, out var state) == true && state == PodStates.Starting,
        };
    }

    private static string? LoaderOf(string? ip)
        => string.IsNullOrEmpty(ip) ? null
            : string.Create(CultureInfo.InvariantCulture, $"https://{(ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]" : ip)}:{PodManifest.LoaderPort}");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Whether pod {Pod} was created is not known: {Message}", EventName = "CreationUncertain")]
        public static partial void CreationUncertain(ILogger logger, string pod, string message);

        [LoggerMessage(2, LogLevel.Warning, "Node {Node} is not ready; none of its {Count} pods is claimed any more", EventName = "NodeLost")]
        public static partial void NodeLost(ILogger logger, string node, int count);

        [LoggerMessage(4, LogLevel.Debug, "Whether pod {Pod} was created is still not known: {Message}", EventName = "StillUncertain")]
        public static partial void StillUncertain(ILogger logger, string pod, string message);
    }
}
