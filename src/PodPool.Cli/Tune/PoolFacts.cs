using PodPool.Cli.CommandLine;
using PodPool.Cli.Clusters;
using PodPool.Cli.Pools;
using PodPool.Cli.Server;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Simulation;

namespace PodPool.Cli.Tune;

/// <summary>What is known of the pool that is to be tuned.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Object">It as the cluster has it; null: it is no object of a cluster.</param>
/// <param name="Refill">How fast it makes pods.</param>
/// <param name="WhileWarm">Pods that may be starting at once while others are warm.</param>
/// <param name="Yield">How long a refill waits for claims under way.</param>
/// <param name="Max">Pods in all; 0: no limit.</param>
/// <param name="Size">Its size now; null: not known.</param>
/// <param name="Measured">How long its refills take; null: it does not size itself, and so nobody measured that.</param>
internal sealed record PoolFacts(string Name, RuntimePoolResource? Object, RuntimePoolRefill Refill, int WhileWarm, TimeSpan Yield, int Max, RuntimePoolSize? Size, Spread? Measured)
{
    /// <summary>Of a cluster's pools (<c>PoolMapping</c> of the manager): nodes have processors enough.</summary>
    public static readonly TimeSpan YieldOnClusters = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks the cluster, or the manager.</summary>
    /// <exception cref="CliException">There is no such pool.</exception>
    public static async Task<PoolFacts> ReadAsync(ServerConnection server, string pool, CancellationToken cancellationToken)
    {
        if (server.Cluster is { } cluster)
        {
            var found = await FindAsync(cluster, pool, cancellationToken).ConfigureAwait(false);
            return new(found.Metadata.Name, found, found.Spec.Refill, int.MaxValue, YieldOnClusters, found.Spec.Size.Max, found.Spec.Size, Of(PoolView.Of(found).Sizing));
        }

        var answer = await server.Operator.ListPoolsAsync(new ListPoolsRequest(), cancellationToken: cancellationToken);
        var view = answer.Pools.Select(PoolView.Of).FirstOrDefault(view => view.Pool == pool) ?? throw new CliException(
            ExitCode.NotFound, $"there is no pool '{pool}'; there are: {string.Join(", ", answer.Pools.Select(each => each.Pool))}", Remedies.For(Reason.PoolNotFound), Reason.PoolNotFound.WireName());

        // As a manager makes processes where nobody says otherwise; and it does not say whether the pool sizes itself, but measures refills only then.
        var processes = new Manager.PoolOptions();
        var measured = Of(view.Sizing);
        var size = measured is null ? new RuntimePoolSize { Warm = view.Size } : null;
        return new(
            view.Pool, null, new() { PerSecond = processes.RefillPerSecond, Burst = processes.RefillBurst, Parallelism = processes.RefillParallelism }, processes.RefillParallelismWhileWarm, processes.RefillYield, view.Max, size, measured);
    }

    private static async Task<RuntimePoolResource> FindAsync(Cluster cluster, string pool, CancellationToken cancellationToken)
    {
        foreach (var name in PoolNames.Candidates(pool, cluster.Namespace, cluster.Installation))
        {
            try
            {
                return await cluster.Pools.GetAsync(name, cancellationToken).ConfigureAwait(false);
            }
            catch (ApiException exception) when (exception.Failure == ApiFailure.NotFound)
            {
                // Not in this namespace.
            }
        }

        throw new CliException(
            ExitCode.NotFound,
            $"there is no RuntimePool '{pool}', neither in the namespace '{cluster.Namespace}' nor in '{cluster.Installation}' of '{cluster.Context}'",
            Remedies.For(Reason.PoolNotFound),
            Reason.PoolNotFound.WireName());
    }

    private static Spread? Of(PoolSizingView? sizing) => sizing is { RefillP50: > 0 and var p50, RefillP99: var p99 }
        ? new(TimeSpan.FromSeconds(p50), TimeSpan.FromSeconds(Math.Max(p50, p99 ?? 0)))
        : null;
}
