using PodPool.Core;

namespace PodPool.Manager.Platform;

/// <summary>
/// Where generic pods run: what differs between child processes and a cluster, and nothing else. What is said to a running pod
/// (its status, claims, draining) goes over its loader and is the same everywhere.
/// </summary>
internal interface IPodPlatform
{
    /// <summary>Finds what an earlier manager left, ends what belongs to nobody, and tells the observer from now on.</summary>
    /// <returns>The pods that exist.</returns>
    Task<IReadOnlyList<PlatformPod>> StartAsync(IPlatformObserver observer, CancellationToken cancellationToken);

    /// <summary>Makes a generic pod; the observer is told when it is seen.</summary>
    /// <exception cref="PodCreationException">It could not be made; the message says why.</exception>
    Task CreateAsync(PodId pod, PoolOptions pool, CancellationToken cancellationToken);

    /// <summary>Begins to end a pod for good. Idempotent; the observer is told when it is gone.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="gently">It ran a function: its process gets time to end by itself.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    Task DeleteAsync(PodId pod, bool gently, CancellationToken cancellationToken);

    /// <summary>All pods that exist now, for the sweeper.</summary>
    Task<IReadOnlyList<PlatformPod>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Whether a pod exists now, by the platform's own word.</summary>
    Task<bool> ExistsAsync(PodId pod, CancellationToken cancellationToken);

    /// <summary>A claim is on its way to the pod. Called beside the transfer: must return at once and never throws.</summary>
    void ClaimStarted(ClaimOrder order);

    /// <summary>What a pod says of itself now, for whoever looks at the platform's own list of pods. Must return at once and never throws.</summary>
    void Observed(PodObservation observation);

    /// <summary>The lines a pod wrote, oldest first.</summary>
    /// <param name="pod">The pod; it may have ended.</param>
    /// <param name="tail">Lines from the end; 0: all that are kept.</param>
    /// <param name="follow">Go on with what it writes until it has ended.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    IAsyncEnumerable<string> ReadLogAsync(PodId pod, int tail, bool follow, CancellationToken cancellationToken);

    /// <summary>Which pods wrote for a function, oldest first; also those that ended lately.</summary>
    Task<IReadOnlyList<PodId>> PodsOfAsync(FunctionName function, CancellationToken cancellationToken);

    /// <summary>Ends all pods (the manager is about to stop), or lets them go on for the next manager.</summary>
    Task StopAsync(bool keepPods, CancellationToken cancellationToken);
}

/// <summary>Who is told about pods by a platform. Calls may come from any thread and must return at once.</summary>
internal interface IPlatformObserver
{
    /// <summary>A pod exists, and is like this. The same again changes nothing; once where its loader is is known, it is watched.</summary>
    void Seen(PlatformPod pod);

    /// <summary>A pod does not exist any more.</summary>
    void Gone(PodId pod, string why);
}

/// <summary>A pod as its platform knows it.</summary>
/// <param name="Pod">Its id.</param>
/// <param name="Pool">The pool it was made for.</param>
/// <param name="Node">Where it runs.</param>
/// <param name="LoaderAddress"><c>unix:/path</c>, <c>http://host:port</c>, or <c>https://host:port</c> for mutual TLS; null: not known yet.</param>
internal sealed record PlatformPod(PodId Pod, string Pool, string Node, string? LoaderAddress)
{
    /// <summary>What keeps it from becoming warm, or from lasting, for people; empty: nothing that the platform knows of.</summary>
    public string Trouble { get; init; } = "";

    /// <summary>It will never become warm, or not last, or its machine is out of reach: it shall not be claimed. What it serves, routers find out.</summary>
    public bool IsCondemned { get; init; }

    /// <summary>What it was made from, as <see cref="PoolOptions.Template"/> says it; empty: nobody knows.</summary>
    public string Template { get; init; } = "";

    /// <summary>
    /// No manager has heard of it yet, as far as the platform knows. It may have an address long before it listens there: a pod that waits for its image
    /// or its first containers has one. How long it may take is its pool's to say.
    /// </summary>
    public bool IsNew { get; init; }
}

/// <summary>A pod could not be made.</summary>
internal sealed class PodCreationException(string message, Exception? inner = null) : Exception(message, inner);
