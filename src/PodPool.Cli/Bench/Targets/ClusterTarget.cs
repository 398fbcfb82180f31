using PodPool.Cli.Clusters;
using PodPool.Cli.Deploy;
using PodPool.Cli.Output;
using PodPool.Contracts.V1;
using PodPool.Manager;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Cli.Bench.Targets;

/// <summary>A cluster. Without a pool, an ordinary Deployment of the same function is scaled from no pod to one for each first request.</summary>
/// <param name="cluster">Which.</param>
/// <param name="server">Its manager.</param>
/// <param name="router">Where this machine reaches the routers: measured is what goes through it.</param>
/// <param name="plain">The Deployment; null: there is none to compare with.</param>
internal sealed class ClusterTarget(Cluster cluster, Operator.OperatorClient server, Uri router, PlainDeployment? plain) : IBenchTarget
{
    /// <summary>Longer than a package takes through a registry.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public string NamedBy => $"--context {cluster.Context}";

    public string Namespace => cluster.Namespace;

    public string Pool => $"{cluster.Installation}/{PoolOptions.DefaultName}";

    public string Prefix => "podpool-bench-";

    public TimeSpan PollPools { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Kubelets, schedulers and controllers report, record and clear up for seconds after a new pod is ready.</summary>
    public TimeSpan Settling { get; } = TimeSpan.FromSeconds(4);

    public bool HasNoPool => plain is not null;

    public async Task<string> DeployAsync(FunctionSpec spec, Package package, IOutput output, CancellationToken cancellationToken)
    {
        await new ClusterDeployment(cluster, server, output).RunAsync(spec, new(null, [], Patience), package, cancellationToken).ConfigureAwait(false);
        return new Uri(router, $"/{spec.Function.Namespace}/{spec.Function.Name}").ToString();
    }

    public Task DeleteAsync(FunctionName function)
        => cluster.Functions.DeleteAsync(new ObjectName(function.Namespace, function.Name), uid: null, grace: null, CancellationToken.None);

    public Task<Measurement> MeasureNoPoolAsync(Package package, BenchScenario scenario, CancellationToken cancellationToken) => plain!.MeasureAsync(cancellationToken);

    public void Dispose() => plain?.Dispose();
}
