using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Manager.Kubernetes.Telling;

/// <summary>The status of all objects of one kind: written when it is another than before, with an event for what a person should see.</summary>
internal sealed class StatusBook<TResource, TStatus>(Resource<TResource> resources, EventRecorder events)
    where TResource : class, IKubernetesObject<V1ObjectMeta>, IStatus<TStatus?>
    where TStatus : class, IConditioned
{
    /// <summary>What a watch has seen may be older than what was written here.</summary>
    private readonly ConcurrentDictionary<ObjectName, TStatus> _written = new();

    /// <summary>What stands in an object's status; null: nothing yet.</summary>
    public TStatus? Find(ObjectName name, TResource resource) => _written.GetValueOrDefault(name) ?? resource.Status;

    /// <summary>The object is gone.</summary>
    public void Forget(ObjectName name) => _written.TryRemove(name, out _);

    /// <summary>Writes a status, if it is another than before.</summary>
    /// <param name="name">Which object's.</param>
    /// <param name="resource">The object, as far as it was watched.</param>
    /// <param name="status">What it shall be.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="beside">Adds what goes with it if it is written, and is no reason to write it; null: nothing does.</param>
    /// <returns>Whether it was written.</returns>
    /// <exception cref="ApiException">It could not be written, and shall be tried again.</exception>
    public async Task<bool> WriteAsync(ObjectName name, TResource resource, TStatus status, CancellationToken cancellationToken, Action<JsonNode>? beside = null)
    {
        var before = Find(name, resource);
        var json = ApiJson.Write(status);
        if (before is not null && ApiJson.Write(before).AsSpan().SequenceEqual(json))
        {
            return false;
        }

        var patch = JsonNode.Parse(json)!;
        beside?.Invoke(patch);
        try
        {
            await resources.PatchStatusAsync(name, patch, version: null, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException exception) when (exception.Failure == ApiFailure.NotFound)
        {
            Forget(name);
            return false;
        }

        _written[name] = status;
        foreach (var happened in ConditionEvents.Between(before?.Conditions, status.Conditions))
        {
            events.Record(resource, happened);
        }

        return true;
    }
}
