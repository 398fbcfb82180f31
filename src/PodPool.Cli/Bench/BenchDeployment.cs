using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using PodPool.Cli.Bench.Targets;
using PodPool.Cli.Deploy;
using PodPool.Cli.Output;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Bench;

/// <summary>Deploys what a bench calls, under names of its own, and takes it away afterwards.</summary>
internal sealed class BenchDeployment(IBenchTarget target, PackageBuilder builder, IOutput output) : IAsyncDisposable
{
    /// <summary>Longer than any bench: only eviction ends an instance.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromDays(1);

    /// <summary>A variable that makes a revision another.</summary>
    private const string RevisionVariable = "BENCH_REVISION";

    private readonly Dictionary<string, BuiltPackage> _packages = new(StringComparer.Ordinal);
    private readonly List<FunctionName> _functions = [];

    /// <param name="scenario">What to call.</param>
    /// <param name="copies">Under how many names.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<DeployedScenario> DeployAsync(BenchScenario scenario, int copies, CancellationToken cancellationToken)
    {
        if (!_packages.TryGetValue(scenario.Source, out var built))
        {
            built = await builder.BuildAsync(scenario.Source, new PackageOptions(scenario.EntryPoint), cancellationToken).ConfigureAwait(false);
            _packages.Add(scenario.Source, built);
        }

        var names = new List<FunctionName>();
        var urls = new List<string>();
        for (var copy = 1; copy <= copies; copy++)
        {
            var name = target.Prefix + (copies == 1 ? scenario.Name : string.Create(CultureInfo.InvariantCulture, $"{scenario.Name}-{copy}"));
            var spec = Spec(new FunctionName { Namespace = target.Namespace, Name = name }, scenario);
            _functions.Add(spec.Function);
            urls.Add(await target.DeployAsync(spec, built.Package, copy == 1 ? output : QuietOutput.Instance, cancellationToken).ConfigureAwait(false));
            names.Add(spec.Function);
        }

        return new(scenario, built.Package, names, urls);
    }

    /// <summary>Deploys it again as another revision, under each of its names.</summary>
    /// <param name="deployed">What <see cref="DeployAsync"/> gave.</param>
    /// <param name="revision">Another number than before.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task UpdateAsync(DeployedScenario deployed, int revision, CancellationToken cancellationToken)
    {
        foreach (var function in deployed.Functions)
        {
            var spec = Spec(function, deployed.Scenario);
            spec.Environment[RevisionVariable] = revision.ToString(CultureInfo.InvariantCulture);
            await target.DeployAsync(spec, deployed.Package, QuietOutput.Instance, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var package in _packages.Values)
        {
            package.Dispose();
        }

        foreach (var function in _functions)
        {
            try
            {
                await target.DeleteAsync(function).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is Grpc.Core.RpcException or Manager.Kubernetes.Api.ApiException)
            {
                output.Warn($"{function.Namespace}/{function.Name} could not be deleted: {exception.Message}");
            }
        }
    }

    private static FunctionSpec Spec(FunctionName function, BenchScenario scenario) => new()
    {
        Function = function,
        Concurrency = scenario.Concurrency,
        Scale = new Scale { IdleTimeout = Duration.FromTimeSpan(IdleTimeout) },
    };
}
