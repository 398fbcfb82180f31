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
/// within a moment is written once, as it is then; what a pod says already is not written again, so that a manager that takes over thousands of
/// pods has nothing to write; and it is tried again until it is written or the pod is gone. Nothing waits for it.
/// </summary>
/// <param name="pods">Where it is written.</param>
/// <param name="find">A pod as it was last seen; null: it was not.</param>
/// <param name="time">For pauses.</param>
/// <param name="logger">For what could not be written.</param>
internal sealed partial class PodLabelWriter(Resource<V1Pod> pods, Func<ObjectName, V1Pod?> find, TimeProvider time, ILogger<PodLabelWriter> logger) : IDisposable
{
    private const int Writers = 4;

    /// <summary>A first request has the processor for itself, and starts end within it: one write says it all.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<ObjectName, Entry> _entries = new();
    private readonly WorkQueue<ObjectName> _queue = new(new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10)), time);

    /// <summary>What a pod's labels shall say. Returns at once.</summary>
    /// <param name="pod">Where the pod is.</param>
    /// <param name="state">One of <see cref="PodStates"/>.</param>
    /// <param name="binding">What it is bound to; null: nothing.</param>
    public void Want(ObjectName pod, string state, PodBinding? binding)
    {
        var wanted = new Labelling(state, binding);
        if (_entries.GetOrAdd(pod, static _ => new()).Replace(wanted) != wanted)
        {
            _queue.AddAfter(pod, Settling);
        }
    }

    /// <summary>The pod is gone.</summary>
    public void Forget(ObjectName pod)
    {
        _entries.TryRemove(pod, out _);
        _queue.Forget(pod);
    }

    /// <summary>Writes until it is ended.</summary>
    public Task RunAsync(CancellationToken cancellationToken)
        => _queue.RunAsync(Writers, WriteAsync, (pod, exception) => Log.NotWritten(logger, pod.ToString(), exception.Message), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    private async Task<TimeSpan?> WriteAsync(ObjectName pod, CancellationToken cancellationToken)
    {
        if (!_entries.TryGetValue(pod, out var entry) || entry.Wanted is not { } wanted)
        {
            return null;
        }

        // What was seen is only good for an answer as long as nothing was written since.
        var seen = find(pod);
        if (seen is not null && !entry.IsWritten && wanted.IsSaidBy(seen))
        {
            return null;
        }

        try
        {
            entry.IsWritten = true;
            await pods.PatchAsync(pod, PatchOf(wanted, seen?.Metadata.Uid), version: null, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException exception) when (exception.Failure is ApiFailure.NotFound)
        {
            // Nothing to say of it any more. A conflict is no such news: the server met others' writes too often, and it is tried again as after any failure.
            Forget(pod);
        }

        return null;
    }

    private static JsonObject PatchOf(Labelling wanted, string? uid)
    {
        var labels = new JsonObject { [PodLabels.State] = wanted.State };
        var metadata = new JsonObject { ["labels"] = labels };
        if (uid is not null)
        {
            // A patch whose uid is another's is refused: it can hit no pod but the one that is meant. One not seen yet has a name that no other had.
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
    private sealed record Labelling(string State, PodBinding? Binding)
    {
        public bool IsSaidBy(V1Pod pod)
        {
            return Has(pod.Metadata.Labels, PodLabels.State, State) && (Binding is not { } binding
                || (Has(pod.Metadata.Labels, PodLabels.Function, binding.Function.Name)
                    && Has(pod.Metadata.Labels, PodLabels.FunctionNamespace, binding.Function.Namespace)
                    && Has(pod.Metadata.Labels, PodLabels.Revision, binding.Revision)
                    && Has(pod.Metadata.Annotations, PodLabels.Claim, binding.Claim.Value)));

            static bool Has(IDictionary<string, string>? values, string name, string value) => values is not null && values.TryGetValue(name, out var found) && found == value;
        }
    }

    /// <summary>What one pod's labels shall say.</summary>
    private sealed class Entry
    {
        private Labelling? _wanted;

        public Labelling? Wanted => Volatile.Read(ref _wanted);

        /// <summary>This process wrote to it, or tried.</summary>
        public bool IsWritten { get; set; }

        /// <returns>What was wanted before.</returns>
        public Labelling? Replace(Labelling wanted) => Interlocked.Exchange(ref _wanted, wanted);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The labels of pod {Pod} could not be written, and will be: {Message}", EventName = "NotWritten")]
        public static partial void NotWritten(ILogger logger, string pod, string message);
    }
}
