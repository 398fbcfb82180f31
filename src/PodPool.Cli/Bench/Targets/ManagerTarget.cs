using PodPool.Cli.Deploy;
using PodPool.Cli.Output;
using PodPool.Contracts.V1;
using PodPool.Manager;

namespace PodPool.Cli.Bench.Targets;

/// <summary>A manager of this machine. Without a pool, a process is started for each first request.</summary>
internal sealed class ManagerTarget(Operator.OperatorClient server, string namedBy, TimeProvider time) : IBenchTarget
{
    private readonly NoPoolPod _noPool = new(time);

    public string NamedBy => namedBy;

    public string Namespace => "podpool-bench";

    public string Pool => PoolOptions.DefaultName;

    public string Prefix => "";

    public TimeSpan PollPools { get; } = TimeSpan.FromMilliseconds(10);

    public TimeSpan Settling => TimeSpan.Zero;

    public bool HasNoPool => true;

    public async Task<string> DeployAsync(FunctionSpec spec, Package package, IOutput output, CancellationToken cancellationToken)
        => (await Deployment.RunAsync(server, spec, package, output, cancellationToken).ConfigureAwait(false)).Answer.Urls[0];

    public Task DeleteAsync(FunctionName function) => server.DeleteFunctionAsync(function, cancellationToken: CancellationToken.None).ResponseAsync;

    public Task<Measurement> MeasureNoPoolAsync(Package package, BenchScenario scenario, CancellationToken cancellationToken)
        => _noPool.MeasureAsync(package, scenario, cancellationToken);

    public void Dispose() => _noPool.Dispose();
}
