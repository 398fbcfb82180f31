using System.Collections.Concurrent;
using PodPool.Core;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Loader;

/// <summary>The links to all pods that exist.</summary>
internal sealed class PodDirectory(ILoaderSecurity security, TimeProvider time, ILogger<PodLink> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<PodId, (PlatformPod Pod, PodLink Link)> _links = new();

    /// <summary>All pods.</summary>
    public IEnumerable<(PlatformPod Pod, PodLink Link)> All => _links.Values;

    /// <summary>A pod's link; null: the pod does not exist, as far as is known.</summary>
    public PodLink? Find(PodId pod) => _links.TryGetValue(pod, out var found) ? found.Link : null;

    /// <summary>Opens a link to a pod, once; while nobody knows where its loader is, it does nothing.</summary>
    public void Open(PlatformPod pod, ILinkObserver observer)
    {
        if (pod.LoaderAddress is not { } address || _links.ContainsKey(pod.Pod))
        {
            return;
        }

        var link = new PodLink(pod, address, observer, security, time, logger);
        if (_links.TryAdd(pod.Pod, (pod, link)))
        {
            link.Open();
        }
    }

    /// <summary>Closes the link to a pod.</summary>
    /// <returns>The pod; null: there was no link.</returns>
    public PlatformPod? Close(PodId pod)
    {
        if (!_links.TryRemove(pod, out var found))
        {
            return null;
        }

        // Not waited for: whoever says that a pod is gone may be the link itself.
        _ = found.Link.DisposeAsync().AsTask();
        return found.Pod;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var pod in _links.Keys)
        {
            if (_links.TryRemove(pod, out var found))
            {
                await found.Link.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
