using System.Collections.Concurrent;
using PodPool.Core;
using PodPool.Manager.Platform;

namespace PodPool.Manager.Rehearsing;

/// <summary>A platform whose pods are this process: each says what a pod says, and runs nothing.</summary>
internal sealed class RehearsalPlatform(ManagerOptions options) : IPodPlatform
{
    private readonly ConcurrentDictionary<PodId, PlatformPod> _pods = new();
    private IPlatformObserver? _observer;

    /// <summary>The only pod there is; null: none now.</summary>
    public PodId? Current => _pods.Keys.Cast<PodId?>().FirstOrDefault();

    public Task<IReadOnlyList<PlatformPod>> StartAsync(IPlatformObserver observer, CancellationToken cancellationToken)
    {
        _observer = observer;
        return ListAsync(cancellationToken);
    }

    public Task CreateAsync(PodId pod, PoolOptions pool, CancellationToken cancellationToken)
    {
        _pods[pod] = new(pod, pool.Name, Environment.MachineName, options.Listen);
        _observer!.Seen(_pods[pod]);
        return Task.CompletedTask;
    }

    public Task DeleteAsync(PodId pod, bool gently, CancellationToken cancellationToken)
    {
        _pods.TryRemove(pod, out _);
        _observer!.Gone(pod, "the rehearsal is over");
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<PlatformPod>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<PlatformPod>>([.. _pods.Values]);

    public Task<bool> ExistsAsync(PodId pod, CancellationToken cancellationToken) => Task.FromResult(_pods.ContainsKey(pod));

    public void ClaimStarted(ClaimOrder order)
    {
        // No labels to change, no log to name.
    }

    public void Observed(PodObservation observation)
    {
        // No labels to change.
    }

    public IAsyncEnumerable<string> ReadLogAsync(PodId pod, int tail, bool follow, CancellationToken cancellationToken) => AsyncEnumerable.Empty<string>();

    public Task<IReadOnlyList<PodId>> PodsOfAsync(FunctionName function, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<PodId>>([]);

    public Task StopAsync(bool keepPods, CancellationToken cancellationToken) => Task.CompletedTask;
}
