using PodPool.Core;
using PodPool.Manager;
using PodPool.Manager.Platform;

namespace PodPool.WebConsole.Simulating;

/// <summary>A platform whose pods exist by word alone: no process, no channel. Who simulates is told what was asked for, and says what comes of it.</summary>
internal sealed class SimulatedPlatform : IPodPlatform
{
    /// <summary>Told which pod of which pool was ordered.</summary>
    public Action<PodId, string> Ordered { get; set; } = (_, _) => { };

    /// <summary>Told which pod shall end.</summary>
    public Action<PodId> Ended { get; set; } = _ => { };

    public Task<IReadOnlyList<PlatformPod>> StartAsync(IPlatformObserver observer, CancellationToken cancellationToken) => ListAsync(cancellationToken);

    public Task CreateAsync(PodId pod, PoolOptions pool, CancellationToken cancellationToken)
    {
        Ordered(pod, pool.Name);
        return Task.CompletedTask;
    }

    public Task DeleteAsync(PodId pod, bool gently, CancellationToken cancellationToken)
    {
        Ended(pod);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<PlatformPod>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<PlatformPod>>([]);

    public Task<bool> ExistsAsync(PodId pod, CancellationToken cancellationToken) => Task.FromResult(true);

    public void ClaimStarted(ClaimOrder order)
    {
        // No label to change.
    }

    public void Observed(PodObservation observation)
    {
        // No label to change.
    }

    public IAsyncEnumerable<string> ReadLogAsync(PodId pod, int tail, bool follow, CancellationToken cancellationToken) => AsyncEnumerable.Empty<string>();

    public Task<IReadOnlyList<PodId>> PodsOfAsync(FunctionName function, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<PodId>>([]);

    public Task StopAsync(bool keepPods, CancellationToken cancellationToken) => Task.CompletedTask;
}
