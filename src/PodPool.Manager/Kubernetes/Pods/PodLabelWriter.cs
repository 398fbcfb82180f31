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
/// pods has nothing to write; it is tried again until it is written or the pod is gone; and what comes over it later, as a write of an earlier leader that
/// was long on its way, is mended. Nothing waits for it.
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

    /// <summary>Somebody who changes labels again and again shall not be answered at that pace.</summary>
    private static readonly TimeSpan Mending = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<ObjectName, Entry> _entries = new();
    private readonly WorkQueue<ObjectName> _queue = new(new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10)), time);

    /// <summary>What a pod says of itself, which its labels shall say. Returns at once.</summary>
    /// <param name="pod">Where the pod is.</param>
    /// <param name="phase">What it is. No pod goes back: what is told after what came of it changes nothing.</param>
    /// <param name="binding">What it is bound to; null: nothing.</param>
    public void Observed(ObjectName pod, PodPhase phase, PodBinding? binding)
        => Want(pod, before => before?.Said > phase ? before : new(PodStates.Of(phase), binding, phase));

    /// <summary>A claim is on its way to a pod: its labels shall say so, unless the pod has said meanwhile what became of it. Returns at once.</summary>
    public void Claimed(ObjectName pod, PodBinding binding)
        => Want(pod, before => before?.Binding is not null ? before : new(PodStates.Claimed, binding, before?.Said ?? PodPhase.Starting));

    /// <summary>A pod was seen: if its labels say something else than was written last, they are written again. Returns at once.</summary>
    public void Seen(ObjectName name, V1Pod pod)
    {
        if (_entries.TryGetValue(name, out var entry) && IsSpoilt(entry, pod))
        {
            _queue.AddAfter(name, Mending);
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

    private void Want(ObjectName pod, Func<Labelling?, Labelling?> change)
    {
        if (_entries.GetOrAdd(pod, static _ => new()).Change(change))
        {
            _queue.AddAfter(pod, Settling);
        }
    }

    private async Task<TimeSpan?> WriteAsync(ObjectName pod, CancellationToken cancellationToken)
    {
        if (!_entries.TryGetValue(pod, out var entry) || entry.Wanted is not { } wanted)
        {
            return null;
        }

        var seen = find(pod);
        if (seen is not null && entry.IsSince(seen) && wanted.IsSaidBy(seen))
        {
            return null;
        }

        try
        {
            entry.WrittenAs = "";
            var written = await pods.PatchAsync(pod, PatchOf(wanted, seen?.Metadata.Uid), version: null, cancellationToken).ConfigureAwait(false);
            entry.WrittenAs = written.Metadata.ResourceVersion;
            return IsSpoilt(entry, find(pod)) ? Mending : null;
        }
        catch (ApiException exception) when (exception.Failure is ApiFailure.NotFound)
        {
            // Nothing to say of it any more. A conflict is no such news: the server met others' writes too often, and it is tried again as after any failure.
            Forget(pod);
            return null;
        }
    }

    private static bool IsSpoilt(Entry entry, V1Pod? seen) => seen is not null && entry.Wanted is { } wanted && entry.IsSince(seen) && !wanted.IsSaidBy(seen);

    private static JsonObject PatchOf(Labelling wanted, string? uid)
    {
        var binding = wanted.Binding;
        var metadata = new JsonObject
        {
            // Null takes away: a claim that never came to its pod may have been said of it.
            ["labels"] = new JsonObject
            {
                [PodLabels.State] = wanted.State,
                [PodLabels.Function] = binding?.Function.Name,
                [PodLabels.FunctionNamespace] = binding?.Function.Namespace,
                [PodLabels.Revision] = binding?.Revision,
            },
            ["annotations"] = new JsonObject { [PodLabels.Claim] = binding?.Claim.Value },
        };
        if (uid is not null)
        {
            // A patch whose uid is another's is refused: it can hit no pod but the one that is meant. One not seen yet has a name that no other had.
            metadata["uid"] = uid;
        }

        return new JsonObject { ["metadata"] = metadata };
    }

    /// <param name="State">The label.</param>
    /// <param name="Binding">Null: none.</param>
    /// <param name="Said">What the pod said of itself last.</param>
    private sealed record Labelling(string State, PodBinding? Binding, PodPhase Said)
    {
        public bool IsSaidBy(V1Pod pod)
        {
            return Has(pod.Metadata.Labels, PodLabels.State, State)
                && Has(pod.Metadata.Labels, PodLabels.Function, Binding?.Function.Name)
                && Has(pod.Metadata.Labels, PodLabels.FunctionNamespace, Binding?.Function.Namespace)
                && Has(pod.Metadata.Labels, PodLabels.Revision, Binding?.Revision)
                && Has(pod.Metadata.Annotations, PodLabels.Claim, Binding?.Claim.Value);

            static bool Has(IDictionary<string, string>? values, string name, string? value) => value == (values is not null && values.TryGetValue(name, out var found) ? found : null);
        }
    }

    /// <summary>What one pod's labels shall say.</summary>
    private sealed class Entry
    {
        private Labelling? _wanted;
        private volatile string? _writtenAs;

        public Labelling? Wanted => Volatile.Read(ref _wanted);

        /// <summary>The version that the pod got by the last write of this process; empty: not known (yet), null: there was none.</summary>
        public string? WrittenAs { set => _writtenAs = value; }

        /// <summary>Whether what was seen of the pod is no older than the last write, and so tells what became of it.</summary>
        public bool IsSince(V1Pod seen) => _writtenAs is not { } version || (version.Length > 0 && ObjectVersion.IsNotAfter(version, seen.Metadata.ResourceVersion));

        /// <returns>Whether the labels shall say something else now.</returns>
        public bool Change(Func<Labelling?, Labelling?> change)
        {
            while (true)
            {
                var before = Wanted;
                var next = change(before);
                if (ReferenceEquals(Interlocked.CompareExchange(ref _wanted, next, before), before))
                {
                    return (next?.State, next?.Binding) != (before?.State, before?.Binding);
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The labels of pod {Pod} could not be written, and will be: {Message}", EventName = "NotWritten")]
        public static partial void NotWritten(ILogger logger, string pod, string message);
    }
}
