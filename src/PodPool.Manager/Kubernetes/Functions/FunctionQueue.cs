using PodPool.Core;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Queueing;

namespace PodPool.Manager.Kubernetes.Functions;

/// <summary>The functions that are to be looked at again; by itself, as those who find a reason to do so come before who does it.</summary>
internal sealed class FunctionQueue(TimeProvider time) : IDisposable
{
    /// <summary>A registry that is down is asked again soon, then seldom.</summary>
    public WorkQueue<ObjectName> Queue { get; } = new(new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)), time);

    /// <summary>Something that a function depends on changed.</summary>
    public void Add(FunctionName function) => Queue.Add(new(function.Namespace, function.Name));

    /// <inheritdoc/>
    public void Dispose() => Queue.Dispose();
}
