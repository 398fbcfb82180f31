using System.ComponentModel.DataAnnotations;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Manager.Kubernetes.Watching;

/// <summary>How an informer lists and watches.</summary>
internal sealed record InformerOptions
{
    /// <summary>Objects a page of a list.</summary>
    /// <value>Default: 500. 1 to 10,000.</value>
    [Range(1, 10_000)]
    public int PageSize { get; init; } = 500;

    /// <summary>How long the server is asked to keep a watch open, at least; up to twice as long, by chance, so that not all end together.</summary>
    /// <value>Default: 5 min. 1 s to 1 h.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How much longer than a watch's time nothing at all may be heard of it before it is broken off.</summary>
    /// <value>Default: 15 s. 0 to 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan WatchMargin { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A watch that tells nothing and ends sooner than this counts as failed: else a broken server would be asked without pause.</summary>
    /// <value>Default: 1 s. 0 to 1 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan ShortestWatch { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Waiting after failures.</summary>
    /// <value>Default: from 200 ms to 30 s.</value>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30));
}
