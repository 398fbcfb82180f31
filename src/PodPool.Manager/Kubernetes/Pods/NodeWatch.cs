using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Watching;

namespace PodPool.Manager.Kubernetes.Pods;

/// <summary>Tells of nodes that are not ready any more, each time they become so.</summary>
internal sealed class NodeWatch : IInformerHandler<V1Node>, IDisposable
{
    private readonly Informer<V1Node> _informer;
    private readonly Action<string> _lost;

    /// <param name="api">The cluster.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Told of trouble with the watch.</param>
    /// <param name="lost">Is told the node's name.</param>
    public NodeWatch(KubernetesApi api, TimeProvider time, ILoggerFactory loggers, Action<string> lost)
    {
        _lost = lost;
        _informer = new(api.Resource<V1Node>(), new(), DigestOf, time, loggers.CreateLogger<Informer<V1Node>>());
        _informer.Tell(this);
    }

    /// <summary>Watches until it is ended.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => _informer.RunAsync(cancellationToken);

    /// <summary>Whether a node is ready, as far as is known: one that was never heard of is taken to be.</summary>
    public bool IsReady(string node) => _informer.Find("", node) is not { } known || IsReady(known);

    /// <inheritdoc/>
    public void Dispose() => _informer.Dispose();

    void IInformerHandler<V1Node>.Added(V1Node node)
    {
        if (!IsReady(node))
        {
            _lost(node.Metadata.Name);
        }
    }

    void IInformerHandler<V1Node>.Changed(V1Node old, V1Node node)
    {
        if (IsReady(old) && !IsReady(node))
        {
            _lost(node.Metadata.Name);
        }
    }

    void IInformerHandler<V1Node>.Removed(V1Node node) => _lost(node.Metadata.Name);

    private static bool IsReady(V1Node node) => node.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    private static V1Node DigestOf(V1Node node) => new()
    {
        ApiVersion = node.ApiVersion,
        Kind = node.Kind,
        Metadata = new() { Name = node.Metadata.Name, Uid = node.Metadata.Uid, ResourceVersion = node.Metadata.ResourceVersion },
        Status = new() { Conditions = node.Status?.Conditions?.Where(condition => condition.Type == "Ready").Select(condition => new V1NodeCondition { Type = "Ready", Status = condition.Status }).ToList() },
    };
}
