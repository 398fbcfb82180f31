using PodPool.Cli.Deploy;
using PodPool.Cli.Output;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Bench.Targets;

/// <summary>Where a bench's functions are deployed, and what they are compared with there.</summary>
internal interface IBenchTarget : IDisposable
{
    /// <summary>Who named it, for the report.</summary>
    string NamedBy { get; }

    /// <summary>The namespace that the functions are in.</summary>
    string Namespace { get; }

    /// <summary>The pool that they draw on, as the manager calls it.</summary>
    string Pool { get; }

    /// <summary>What the names of its functions begin with: a bench deletes them, and must not take one of somebody's.</summary>
    string Prefix { get; }

    /// <summary>How often it can be asked for its pools without keeping it busy with that.</summary>
    TimeSpan PollPools { get; }

    /// <summary>How long its machines are still busy with a pod that is warm, unless the user knows better.</summary>
    TimeSpan Settling { get; }

    /// <summary>Whether a first request without a pool can be measured there.</summary>
    bool HasNoPool { get; }

    /// <summary>Deploys a function, and waits until it can be called.</summary>
    /// <returns>Where it is called.</returns>
    Task<string> DeployAsync(FunctionSpec spec, Package package, IOutput output, CancellationToken cancellationToken);

    /// <summary>Takes it away.</summary>
    Task DeleteAsync(FunctionName function);

    /// <summary>A first request without a pool.</summary>
    Task<Measurement> MeasureNoPoolAsync(Package package, BenchScenario scenario, CancellationToken cancellationToken);
}
