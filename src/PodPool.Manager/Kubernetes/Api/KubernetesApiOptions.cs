using System.ComponentModel.DataAnnotations;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>How the API server is reached, and how hard it may be worked.</summary>
internal sealed record KubernetesApiOptions
{
    /// <summary>A kubeconfig file.</summary>
    /// <value>Default: null, the service account of the pod this process runs in.</value>
    public string? KubeConfig { get; init; }

    /// <summary>A context of that file.</summary>
    /// <value>Default: null, the file's current one.</value>
    public string? Context { get; init; }

    /// <summary>Creations, changes and deletions in the long run.</summary>
    /// <value>Default: 100 a second. 1 to 10,000.</value>
    [Range(1, 10_000)]
    public int WritesPerSecond { get; init; } = 100;

    /// <summary>Creations, changes and deletions at once after a quiet time.</summary>
    /// <value>Default: 200. 1 to 10,000.</value>
    [Range(1, 10_000)]
    public int WriteBurst { get; init; } = 200;

    /// <summary>Reads in the long run; a watch is one.</summary>
    /// <value>Default: 50 a second. 1 to 10,000.</value>
    [Range(1, 10_000)]
    public int ReadsPerSecond { get; init; } = 50;

    /// <summary>Reads at once after a quiet time.</summary>
    /// <value>Default: 100. 1 to 10,000.</value>
    [Range(1, 10_000)]
    public int ReadBurst { get; init; } = 100;

    /// <summary>How often a request is sent at most.</summary>
    /// <value>Default: 5. 1 to 100.</value>
    [Range(1, 100)]
    public int Attempts { get; init; } = 5;

    /// <summary>Waiting between attempts when the server does not say how long.</summary>
    /// <value>Default: from 100 ms to 5 s.</value>
    public Backoff Backoff { get; init; } = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));

    /// <summary>The longest wait that a server may ask for (<c>Retry-After</c>).</summary>
    /// <value>Default: 30 s. 0 to 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the server may take to begin its answer to one attempt, and how long to end it (a watch never ends).</summary>
    /// <value>Default: 15 s. 100 ms to 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection may be silent before it is asked whether it lives.</summary>
    /// <value>Default: 10 s. 1 s to 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it has to answer that.</summary>
    /// <value>Default: 5 s. 1 s to 10 min.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
