using System.Globalization;
using Grpc.Core;
using PodPool.Cli.Bench.Targets;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Bench.Plans;

/// <summary>A platform that scenarios are run on.</summary>
internal sealed record MeasuredPlatform(Operator.OperatorClient Server, IBenchTarget Target);

/// <summary>Runs scenarios one after the other, each with functions of its own, and reports.</summary>
internal static class PlanBench
{
    /// <summary>Often enough to see a refill, and seldom enough to cost nothing: 10 small calls a second.</summary>
    public static readonly TimeSpan LookAtPools = TimeSpan.FromMilliseconds(100);

    /// <summary>Connections that are opened before a burst; more than this many at once are dialled as they come.</summary>
    private const int MaxConnections = 64;

    /// <param name="context">The options, the terminal.</param>
    /// <param name="platform">Null: everything that is called is there already.</param>
    /// <param name="plans">At least one.</param>
    /// <param name="settings">How long everything rests.</param>
    /// <param name="cancellationToken">Ends it early: what was measured by then is reported.</param>
    /// <exception cref="CliException">A scenario cannot be run there.</exception>
    public static async Task<BenchReport> RunAsync(
        VerbContext context, MeasuredPlatform? platform, IReadOnlyList<BenchPlan> plans, BenchSettings settings, CancellationToken cancellationToken)
    {
        var began = context.Terminal.Time.GetUtcNow();
        var size = platform is null ? 0 : await PoolSizeAsync(platform, cancellationToken).ConfigureAwait(false);
        if (platform is not null)
        {
            foreach (var plan in plans)
            {
                CheckPool(plan, size);
            }
        }

        List<BenchRun> runs = [];
        List<PoolTimeline> timelines = [];
        List<AssertionResult> assertions = [];
        try
        {
            foreach (var plan in plans)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var (recorders, timeline) = await MeasureAsync(context, platform, plan, settings, cancellationToken).ConfigureAwait(false);
                BenchRun[] measured = [.. recorders.Select(recorder => recorder.Result()).Where(run => run.N + run.Errors > 0)];
                runs.AddRange(measured);
                timelines.AddRange(timeline is null ? [] : [timeline]);
                assertions.AddRange(plan.Assertions.Select(assertion => assertion.Check(plan.Name, measured)));
            }
        }
        catch (Exception exception) when (
            runs.Count > 0 && cancellationToken.IsCancellationRequested && exception is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            // While the next was deployed: those before are worth as much as ever.
        }

        // Nothing was measured: there is nothing to report.
        if (runs.Count == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw CliException.Failed("no request was measured: arrivals at random made none, or no more than are warm-up", "give it longer with --duration, or more rounds with --rounds");
        }

        var urls = plans.SelectMany(plan => plan.Functions).SelectMany(function => function.Urls).Select(url => url.ToString()).Distinct();
        var environment = await BenchEnvironment.ReadAsync(
            began, platform?.Target.NamedBy ?? string.Join(", ", urls), size, settings, CancellationToken.None).ConfigureAwait(false);
        return new(
            environment with { Arrivals = BenchEnvironment.AsScenariosSay, RatePerSecond = null, Warmup = runs.Max(run => run.Warmup) },
            runs,
            BenchRatio.Of(runs),
            cancellationToken.IsCancellationRequested)
        {
            Assertions = assertions,
            Timelines = timelines,
        };
    }

    private static async Task<(IReadOnlyList<RunRecorder> Recorders, PoolTimeline? Timeline)> MeasureAsync(
        VerbContext context, MeasuredPlatform? platform, BenchPlan plan, BenchSettings settings, CancellationToken cancellationToken)
    {
        var time = context.Terminal.Time;
        using var client = new BenchClient(time);
        if (platform is null)
        {
            return (await RunAsync(context, new PlanGround(null, settings.Settling ?? TimeSpan.Zero, time), CalleesOf(plan, null), client, plan, null, cancellationToken).ConfigureAwait(false), null);
        }

        var deployment = new BenchDeployment(platform.Target, new PackageBuilder(context.Terminal, context.Output), context.Output);
        await using (deployment.ConfigureAwait(false))
        {
            Dictionary<string, DeployedScenario> deployed = new(StringComparer.Ordinal);
            foreach (var function in plan.Functions.Where(function => function.IsDeployed))
            {
                deployed.Add(function.Name, await deployment.DeployAsync(function.Request, function.Copies, cancellationToken).ConfigureAwait(false));
            }

            if (deployed.Values.FirstOrDefault() is { } any)
            {
                await client.WarmAsync(new Uri(any.Urls[0]), ConnectionsOf(plan), cancellationToken).ConfigureAwait(false);
            }

            var quiet = new QuietPool(platform.Server, platform.Target, settings.Settling, time);
            var ground = new PlanGround(new(platform.Server, quiet, deployment, deployed), TimeSpan.Zero, time);
            var watch = new PoolWatch(platform.Server, platform.Target.Pool, LookAtPools > platform.Target.PollPools ? LookAtPools : platform.Target.PollPools, time);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var watching = watch.RunAsync(over.Token);
            try
            {
                return (await RunAsync(context, ground, CalleesOf(plan, deployed), client, plan, watch, cancellationToken).ConfigureAwait(false), watch.Result(plan.Name));
            }
            finally
            {
                await over.CancelAsync().ConfigureAwait(false);
                await watching.ConfigureAwait(false);
            }
        }
    }

    private static async Task<IReadOnlyList<RunRecorder>> RunAsync(
        VerbContext context,
        PlanGround ground,
        IReadOnlyDictionary<string, IReadOnlyList<Callee>> callees,
        BenchClient client,
        BenchPlan plan,
        PoolWatch? watch,
        CancellationToken cancellationToken)
    {
        var runner = new PlanRunner(plan, callees, ground, client, context.Terminal.Time);
        IReadOnlyList<RunRecorder> recorders = [];
        await context.Output.ProgressAsync($"Measuring {plan.Name}", runner.Steps, async progress =>
            recorders = await runner.RunAsync(stage => watch?.Mark(stage), progress, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return recorders;
    }

    private static Dictionary<string, IReadOnlyList<Callee>> CalleesOf(BenchPlan plan, Dictionary<string, DeployedScenario>? deployed)
        => plan.Functions.ToDictionary(function => function.Name, IReadOnlyList<Callee> (function) => function.IsDeployed
            ? [.. deployed![function.Name].Urls.Zip(deployed[function.Name].Functions, (url, name) => new Callee(function, url, name))]
            : [.. function.Urls.Select(url => new Callee(function, url.ToString(), null))]);

    private static int ConnectionsOf(BenchPlan plan)
        => Math.Clamp(plan.Loads.Max(one => Math.Max(one.Load.Arrivals.Size, (int)Math.Min(MaxConnections, one.Load.Arrivals.Rate))), 1, MaxConnections);

    private static async Task<int> PoolSizeAsync(MeasuredPlatform platform, CancellationToken cancellationToken)
    {
        var pools = await platform.Server.ListPoolsAsync(new ListPoolsRequest(), cancellationToken: cancellationToken);
        return pools.Pools.FirstOrDefault(pool => pool.Pool == platform.Target.Pool)?.Size ?? 0;
    }

    private static void CheckPool(BenchPlan plan, int size)
    {
        if (size < plan.Pool.AtLeast || size > plan.Pool.AtMost)
        {
            var wanted = size < plan.Pool.AtLeast ? plan.Pool.AtLeast : plan.Pool.AtMost;
            throw CliException.Failed(
                string.Create(CultureInfo.InvariantCulture, $"the pool keeps {size} warm pods, and the scenario '{plan.Name}' is made for {(size < plan.Pool.AtLeast ? "at least" : "at most")} {wanted}"),
                string.Create(CultureInfo.InvariantCulture, $"`podpool pool resize default --warm {wanted}`, or choose another scenario"));
        }
    }
}
