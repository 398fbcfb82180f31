using System.CommandLine;
using System.Globalization;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Functions;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Api;
using Spectre.Console;

namespace PodPool.Cli.Pools;

/// <summary><c>podpool pool</c>: its verbs.</summary>
internal sealed class PoolCommand : Command
{
    public PoolCommand()
        : base("pool", "Show and size the pools of warm pods.")
    {
        Add(new PoolListCommand());
        Add(new PoolResizeCommand());
    }
}

/// <summary><c>podpool pool list</c></summary>
internal sealed class PoolListCommand() : ServerVerb("list", "List the pools and their pods by state.")
{
    private protected override async Task<int> RunAsync(VerbContext context, ServerConnection server, CancellationToken cancellationToken)
    {
        var answer = await server.Operator.ListPoolsAsync(new ListPoolsRequest(), cancellationToken: cancellationToken);
        var pools = answer.Pools.Select(PoolView.Of).ToList();
        context.Output.Result(new { Pools = pools }, console =>
        {
            var table = Show.Columns("POOL", "SIZE", "MAX", "STARTING", "WARM", "CLAIMED", "SERVING", "DRAINING", "CLAIMS", "MISSES");
            foreach (var pool in pools)
            {
                var max = pool.Max == 0 ? "none" : pool.Max.ToString(CultureInfo.InvariantCulture);
                table.Row([pool.Pool, Text(pool.Size), max, Text(pool.Starting), Text(pool.Warm), Text(pool.Claimed), Text(pool.Serving), Text(pool.Draining), Text(pool.Claims), Text(pool.Misses)]);
            }

            console.Write(table);
            foreach (var pool in pools.Where(pool => pool.Sizing is not null))
            {
                console.WriteLine($"{pool.Pool}: {pool.Sizing!.Why}");
            }

            foreach (var (pool, condition) in pools.SelectMany(pool => pool.Conditions.Where(IsBad).Select(condition => (pool, condition))))
            {
                console.MarkupLineInterpolated($"[yellow]{pool.Pool}[/]: {condition.Message} ({condition.Reason})");
            }
        });
        return ExitCode.Ok;
    }

    private static bool IsBad(ConditionView condition) => condition is { Type: "Degraded", Status: true } or { Type: "Ready", Status: false };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary><c>podpool pool resize</c></summary>
internal sealed class PoolResizeCommand : ServerVerb
{
    private static readonly Argument<string> Pool = new("POOL")
    {
        Description = "the pool's name; on a cluster also NAMESPACE/NAME",
        DefaultValueFactory = _ => "default",
    };

    private static readonly Option<int> Warm = CheckedOptions.NotNegative(
        new Option<int>("--warm") { Description = "warm pods to keep", HelpName = "N", Required = true });

    public PoolResizeCommand()
        : base("resize", "Change how many warm pods a pool keeps.")
    {
        Add(Pool);
        Add(Warm);
    }

    private protected override async Task<int> RunAsync(VerbContext context, ServerConnection server, CancellationToken cancellationToken)
    {
        var (name, warm) = (context.Require(Pool), context.Require(Warm));
        var pool = server.Cluster is { } cluster
            ? await ResizeAsync(cluster, name, warm, cancellationToken).ConfigureAwait(false)
            : PoolView.Of(await server.Operator.ResizePoolAsync(new ResizePoolRequest { Pool = name, Warm = warm }, cancellationToken: cancellationToken));
        context.Output.Result(pool, console => console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"The pool {pool.Pool} keeps {pool.Size} warm pods; {pool.Warm} are warm now.")));
        return ExitCode.Ok;
    }

    /// <summary>On a cluster the pool is an object that can be scaled.</summary>
    private static async Task<PoolView> ResizeAsync(Cluster cluster, string pool, int warm, CancellationToken cancellationToken)
    {
        foreach (var name in PoolNames.Candidates(pool, cluster.Namespace, cluster.Installation))
        {
            try
            {
                await cluster.Pools.ScaleAsync(name, warm, cancellationToken).ConfigureAwait(false);
                return PoolView.Of(await cluster.Pools.GetAsync(name, cancellationToken).ConfigureAwait(false));
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
}
