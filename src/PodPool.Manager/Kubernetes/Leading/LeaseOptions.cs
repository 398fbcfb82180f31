using System.ComponentModel.DataAnnotations;

namespace PodPool.Manager.Kubernetes.Leading;

/// <summary>Which lease is run for, and how.</summary>
internal sealed record LeaseOptions
{
    /// <summary>The lease's namespace.</summary>
    [Required]
    public required string Namespace { get; init; }

    /// <summary>The lease's name.</summary>
    /// <value>Default: <c>podpool-manager</c>.</value>
    [Required]
    public string Name { get; init; } = "podpool-manager";

    /// <summary>Who runs for it: unique to this process, not only to its pod, whose next process must not take itself for this one.</summary>
    [Required]
    public required string Identity { get; init; }

    /// <summary>How long a lease must be seen unchanged before another takes it.</summary>
    /// <value>Default: 4 s. 1 s to 10 min, whole seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How often the holder renews it, and the others look at it; up to a fifth sooner, by chance.</summary>
    /// <value>Default: 1 s. 10 ms to 1 min; at most a third of the duration.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan RenewEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long one request may take.</summary>
    /// <value>Default: 2 s. 10 ms to 1 min.</value>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
