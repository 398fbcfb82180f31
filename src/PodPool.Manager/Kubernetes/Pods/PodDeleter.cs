using System.Collections.Concurrent;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Queueing;
using PodPool.Manager.Leading;

namespace PodPool.Manager.Kubernetes.Pods;

/// <summary>
/// Deletes pods, each until it is gone, behind the fence: whatever is asked of a server that cannot be reached may arrive when another leads. What is being
/// deleted as it shall be is not deleted again.
/// </summary>
/// <param name="pods">Where they are deleted.</param>
/// <param name="find">A pod as it was last seen; null: it was not.</param>
/// <param name="absent">Told of one that was never seen, and that the server does not know.</param>
/// <param name="fence">Whether this manager may.</param>
/// <param name="time">For pauses.</param>
/// <param name="logger">For what could not be deleted.</param>
internal sealed partial class PodDeleter(
    Resource<V1Pod> pods, Func<ObjectName, V1Pod?> find, Action<ObjectName> absent, LeaderFence fence, TimeProvider time, ILogger<PodDeleter> logger) : IDisposable
{
    /// <summary>A node that ends may end many pods, and each waits for the fence.</summary>
    private const int Deleters = 16;

    private readonly ConcurrentDictionary<ObjectName, Order> _orders = new();
    private readonly WorkQueue<ObjectName> _queue = new(new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10)), time);

    /// <summary>Begins to delete a pod. Returns at once.</summary>
    /// <param name="pod">Where the pod is.</param>
    /// <param name="grace">How long its processes get to end; of several times the shortest counts.</param>
    public void Delete(ObjectName pod, TimeSpan grace)
    {
        var order = new Order(grace, find(pod) is not null);
        _orders.AddOrUpdate(pod, order, (_, other) => new(grace < other.Grace ? grace : other.Grace, order.WasSeen || other.WasSeen));
        _queue.Add(pod);
    }

    /// <summary>The pod is gone.</summary>
    public void Forget(ObjectName pod)
    {
        _orders.TryRemove(pod, out _);
        _queue.Forget(pod);
    }

    /// <summary>Deletes until it is ended.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
        => _queue.RunAsync(Deleters, DeleteAsync, (pod, exception) => Log.NotDeleted(logger, pod.ToString(), exception.Message), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    private async Task<TimeSpan?> DeleteAsync(ObjectName pod, CancellationToken cancellationToken)
    {
        if (!IsDone(pod, out _, out var seen))
        {
            await fence.DoAsync(token => DeleteNowAsync(pod, token), cancellationToken).ConfigureAwait(false);
        }
        else if (seen is null)
        {
            // It may have been ordered while it was being forgotten.
            _orders.TryRemove(pod, out _);
        }

        return null;
    }

    private async Task DeleteNowAsync(ObjectName pod, CancellationToken cancellationToken)
    {
        // It may have waited at the fence for long.
        if (!IsDone(pod, out var grace, out var seen)
            && !await pods.DeleteAsync(pod, seen?.Metadata.Uid, grace, cancellationToken).ConfigureAwait(false)
            && seen is null)
        {
            absent(pod);
        }
    }

    private bool IsDone(ObjectName pod, out TimeSpan grace, out V1Pod? seen)
    {
        seen = find(pod);
        grace = default;
        if (!_orders.TryGetValue(pod, out var order))
        {
            return true;
        }

        // One that was seen and is not any more is gone: it is about to be forgotten.
        grace = order.Grace;
        return seen is null ? order.WasSeen : IsEnding(seen, grace);
    }

    /// <summary>It is being deleted and gets no longer for it than that: its node's kubelet does the rest, and says so in several steps.</summary>
    private static bool IsEnding(V1Pod pod, TimeSpan grace)
        => pod.Metadata is { DeletionTimestamp: not null, DeletionGracePeriodSeconds: { } seconds } && seconds <= grace.TotalSeconds;

    /// <param name="Grace">How long its processes get to end.</param>
    /// <param name="WasSeen">It was there when it was ordered: not one of which nobody knows yet whether it was created.</param>
    private readonly record struct Order(TimeSpan Grace, bool WasSeen);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The pod {Pod} could not be deleted, and will be: {Message}", EventName = "NotDeleted")]
        public static partial void NotDeleted(ILogger logger, string pod, string message);
    }
}
