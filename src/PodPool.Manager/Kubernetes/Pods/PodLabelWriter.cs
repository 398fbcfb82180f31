using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s.Models;
using PodPool.Contracts;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Queueing;

namespace PodPool.Manager.Kubernetes.Pods;

/// <summary>
/// Writes what becomes of pods into their labels, for whoever looks at the cluster. Kept as state, not as messages: what changes twice
/// within a moment is written once, as it is then; and it is tried again until it is written or the pod is gone. Nothing waits for it.
/// </summary>
internal sealed partial class PodLabelWriter(Resource<V1Pod> pods, TimeProvider time, ILogger<PodLabelWriter> logger) : IDisposable
{
    private const int Writers = 4;

    /// <summary>A first request has the processor for itself, and most starts end within it: one write says it all.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<ObjectName, (Labelling Wanted, string? Uid)> _wanted = new();
    private readonly WorkQueue<ObjectName> _queue = new(new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10)), time);

    /// <summary>What a pod's labels shall say. Returns at once.</summary>
    /// <param name="pod">Where the pod is.</param>
    /// <param name="uid">Which pod of that name; null: not seen yet, and names are never used again.</param>
    /// <param name="state">One of <see cref="PodStates"/>.</param>
    /// <param name="binding">What it is bound to; null: nothing.</param>
    public void Want(ObjectName pod, string? uid, string state, PodBinding? binding)
    {
        var wanted = new Labelling(state, binding);
        if (!_wanted.TryGetValue(pod, out var before) || before.Wanted != wanted)
        {
            _wanted[pod] = (wanted, uid);
            _queue.AddAfter(pod, Settling);
        }
    }

    /// <summary>The pod is gone.</summary>
    public void Forget(ObjectName pod)
    {
        _wanted.TryRemove(pod, out _);
        _queue.Forget(pod);
    }

    /// <summary>Writes until it is ended.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
        => _queue.RunAsync(Writers, WriteAsync, (pod, exception) => Log.NotWritten(logger, pod.ToString(), exception.Message), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    private async Task<TimeSpan?> WriteAsync(ObjectName pod, CancellationToken cancellationToken)
    {
        if (_wanted.TryGetValue(pod, out var wanted))
        {
            try
            {
                await pods.PatchAsync(pod, PatchOf(wanted.Wanted, wanted.Uid), version: null, cancellationToken).ConfigureAwait(false);
            }
            catch (ApiException exception) when (exception.Failure is ApiFailure.NotFound)
            {
                // Nothing to say of it any more. A conflict is no such news: the server met others' writes too often, and it is tried again as after any failure.
                Forget(pod);
            }
        }

        return null;
    }

    private static JsonObject PatchOf(Labelling wanted, string? uid)
    {
        var labels = new JsonObject { [PodLabels.State] = wanted.State };
        var metadata = new JsonObject { ["labels"] = labels };
        if (uid is not null)
        {
            // A patch whose uid is another's is refused: it can hit no pod but the one that is meant.
            metadata["uid"] = uid;
        }

        if (wanted.Binding is { } binding)
        {
            labels[PodLabels.Function] = binding.Function.Name;
            labels[PodLabels.FunctionNamespace] = binding.Function.Namespace;
            labels[PodLabels.Revision] = binding.Revision;
            metadata["annotations"] = new JsonObject { [PodLabels.Claim] = binding.Claim.Value };
        }

        return new JsonObject { ["metadata"] = metadata };
    }

    /// <param name="State">The label.</param>
    /// <param name="Binding">Null: none.</param>
    private sealed record Labelling(string State, PodBinding? Binding);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The labels of pod {Pod} could not be written, and will be: {Message}", EventName = "NotWritten")]
        public static partial void NotWritten(ILogger logger, string pod, string message);
    }
}
