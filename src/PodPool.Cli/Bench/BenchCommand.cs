using System.CommandLine;
using System.Globalization;
using PodPool.Cli.Bench.Compare;
using PodPool.Cli.Bench.Html;
using PodPool.Cli.Bench.Plans;
using PodPool.Cli.Bench.Targets;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy;
using PodPool.Cli.Local;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Bench;

/// <summary><c>podpool bench</c>: how long requests take: first ones from a warm pool and without one, and under loads of many kinds.</summary>
internal sealed class BenchCommand : Verb
{
    /// <summary>Names a function has in an open-loop run, so that one is cold when the next request is due.</summary>
    private const int CopiesInOpenLoop = 10;

    private static readonly Option<string[]> Scenarios = new Option<string[]>("--scenario")
    {
        Description = $"first requests to {string.Join(", ", BenchScenario.Names)} [default: all of these]; or a load: {string.Join(", ", BuiltInPlans.Names)}",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    }.OneOfWords([.. BenchScenario.Names, .. BuiltInPlans.Names]);

    private static readonly Option<string?> PackagePath = new("--package") { Description = "call this project, folder or assembly instead", HelpName = "PATH" };

    private static readonly Option<string> EntryPoint = new("--entry-point") { Description = "of --package", HelpName = "E", DefaultValueFactory = _ => "" };

    private static readonly Option<string> RequestPath = new("--path") { Description = "path and query of a request to --package or --target", HelpName = "P", DefaultValueFactory = _ => "" };

    private static readonly Option<string?> Data = new("--data") { Description = "JSON to POST to --package or --target", HelpName = "JSON" };

    private static readonly Option<int> Count = new Option<int>("--count")
    {
        Description = "first requests a scenario",
        HelpName = "N",
        DefaultValueFactory = _ => 100,
    }.Within(1, 1_000_000);

    private static readonly Option<int> Warmup = CheckedOptions.NotNegative(new Option<int>("--warmup")
    {
        Description = "first requests a scenario before, in no figure",
        HelpName = "N",
        DefaultValueFactory = _ => 3,
    });

    private static readonly Option<ArrivalKind> ArrivalsOption = new("--arrivals")
    {
        Description = "one-at-a-time, poisson or constant [default: one-at-a-time]",
        HelpName = "one-at-a-time|poisson|constant",
        CustomParser = ParseArrivals,
    };

    private static readonly Option<double> Rate = new Option<double>("--rate")
    {
        Description = "requests a second, of poisson and constant arrivals",
        HelpName = "R",
        DefaultValueFactory = _ => 1,
    }.Within(0.001, 10_000);

    private static readonly Option<int> Warm = new Option<int>("--warm")
    {
        Description = "warm pods of the platform that bench starts for itself when none runs",
        HelpName = "N",
        DefaultValueFactory = _ => 10,
    }.Within(1, 1000);

    private static readonly Option<double?> Settle = new Option<double?>("--settle")
    {
        Description = "how long everything rests, when the pool is full again, before a request that is sent alone [default: 0; on a cluster 4]",
        HelpName = "SECONDS",
    }.Within(0, 600);

    private static readonly Option<FileInfo?> Html = new("--html") { Description = "write the report as one HTML file, too, with plots", HelpName = "FILE" };

    private static readonly Option<FileInfo?> Markdown = new("--markdown") { Description = "write the report as a Markdown file, too", HelpName = "FILE" };

    private static readonly Option<FileInfo?> Svg = new("--svg") { Description = "write the percentile curves of the first scenario as a picture, too", HelpName = "FILE" };

    private static readonly Option<bool> SkipNoPool = new("--skip-no-pool") { Description = "do not measure the same without a pool" };

    private static readonly Option<DirectoryInfo?> Results = new("--results") { Description = "write the report into this folder, too", HelpName = "DIR" };

    public BenchCommand()
        : base("bench", "Measure real requests: first ones from a warm pool, on an instance that has served, and without a pool; and loads of many kinds.")
    {
        Add(new CompareCommand());
        foreach (var option in (Option[])[Scenarios, Count, ArrivalsOption, Rate, Warmup, Settle, Warm, SkipNoPool, Results, Html, Markdown, Svg, PackagePath, EntryPoint, RequestPath, Data, CommonOptions.Server])
        {
            Add(option);
        }

        PlanOptions.AddTo(this);

        ClusterOptions.AddTo(this);
        BenchTargets.AddTo(this);

        Validators.Add(result =>
        {
            if (result.GetValue(PackagePath) is not null && result.GetValue(Scenarios) is { Length: > 0 })
            {
                result.AddError("Name either scenarios or a package.");
            }

            if (PlanOptions.AreAny(result) && result.GetValue(PackagePath) is not null)
            {
                result.AddError("--package is measured by itself: name it as `source` of a function in a scenario's file.");
            }

            if (result.GetValue(SkipNoPool) && BenchTargets.HasPlain(result))
            {
                result.AddError("--plain is what is measured without a pool: leave --skip-no-pool out.");
            }
        });
    }

    private protected override async Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        if (PlanOptions.Shown(context) is { } shown)
        {
            context.Terminal.Out.Write(BuiltInPlans.Text(shown));
            return ExitCode.Ok;
        }

        var settings = new BenchSettings(
            context.Get(Count),
            context.Get(Warmup),
            context.Get(ArrivalsOption),
            context.Get(Rate),
            context.Get(Settle) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            NoPool: !context.Get(SkipNoPool));
        var named = context.Get(Scenarios) ?? [];
        var plans = PlanOptions.Read(context, [.. named.Where(BuiltInPlans.Names.Contains)], settings, context.Require(RequestPath), context.Get(Data));
        if (plans.Count > 0 && !PlanOptions.IsTargetAlone(context, named) && ((Option[])[Count, ArrivalsOption, Rate, Warmup, EntryPoint]).FirstOrDefault(context.Has) is { } other)
        {
            throw CliException.Usage($"{other.Name} is of first requests one at a time; a load's file says that itself", "see --duration and --rounds, or write a file: `podpool bench --show NAME`");
        }

        if (plans.Count > 0 && BenchTargets.HasPlain(context.Arguments.CommandResult))
        {
            throw CliException.Usage("--plain is compared with first requests one at a time, not with loads", "measure it as a --target of its own");
        }

        if (plans.Count > 0 && named.Any(BenchScenario.Names.Contains))
        {
            throw CliException.Usage("first requests to a sample are one run, and loads another", "name the one or the other");
        }

        var scenarios = plans.Count > 0 ? [] : ScenariosOf(context, settings);
        if (plans.Count > 0 && !plans.Any(plan => plan.Functions.Any(function => function.IsDeployed)))
        {
            return Answer(context, await PlanBench.RunAsync(context, null, plans, settings, cancellationToken).ConfigureAwait(false));
        }

        var cluster = ClusterOptions.Find(context.Arguments, context.Terminal);
        if (cluster is null)
        {
            BenchTargets.Refuse(context);
        }

        var address = cluster is null ? ServerAddress.Resolve(context.Get(CommonOptions.Server), context.Terminal) : null;
        var own = address is { IsDefault: true }
            ? await context.Output.BusyAsync(
                "Starting a local platform of its own", () => LocalPlatformProcess.StartAsync(context.Has(Warm) ? context.Get(Warm) : PlanOptions.WarmFor(plans, context.Get(Warm)), cancellationToken)).ConfigureAwait(false)
            : null;
        try
        {
            using var server = cluster is null ? ServerConnection.Open(own?.Server ?? address!) : ServerConnection.Open(cluster);
            using var target = BenchTargets.Choose(context, server, (own?.Server ?? address)?.NamedBy, Math.Max(scenarios.Count, plans.Count));
            return Answer(context, plans.Count > 0
                ? await PlanBench.RunAsync(context, new(server.Operator, target), plans, settings, cancellationToken).ConfigureAwait(false)
                : await MeasureAsync(context, server, target, scenarios, settings, cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            if (own is not null)
            {
                await own.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes and shows a report, and judges it.</summary>
    private static int Answer(VerbContext context, BenchReport report)
    {
        if (context.Get(Results) is { } folder)
        {
            Write(report, folder, context.Output);
        }

        Write(context.Get(Html), () => HtmlReport.Render(report), context.Output);
        Write(context.Get(Markdown), () => MarkdownReport.Render(report), context.Output);
        Write(context.Get(Svg), () => SvgChart.Render(report), context.Output);

        context.Output.Result(report, console => BenchTable.Render(console, report));
        return report.Interrupted ? ExitCode.Interrupted : report.IsAsWanted ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<BenchReport> MeasureAsync(
        VerbContext context, ServerConnection server, IBenchTarget target, IReadOnlyList<BenchScenario> scenarios, BenchSettings settings, CancellationToken cancellationToken)
    {
        var began = context.Terminal.Time.GetUtcNow();
        var pools = await server.Operator.ListPoolsAsync(new ListPoolsRequest(), cancellationToken: cancellationToken);
        var size = pools.Pools.FirstOrDefault(pool => pool.Pool == target.Pool)?.Size ?? 0;
        CheckPool(size, scenarios);

        var deployment = new BenchDeployment(target, new PackageBuilder(context.Terminal, context.Output), context.Output);
        await using (deployment.ConfigureAwait(false))
        {
            var deployed = new List<DeployedScenario>();
            foreach (var scenario in scenarios)
            {
                var copies = settings.Arrivals == ArrivalKind.OneAtATime ? scenario.AtOnce : CopiesInOpenLoop;
                deployed.Add(await deployment.DeployAsync(scenario, copies, cancellationToken).ConfigureAwait(false));
            }

            using var client = new BenchClient(context.Terminal.Time);
            await client.WarmAsync(new Uri(deployed[0].Urls[0]), deployed.Max(scenario => scenario.Functions.Count), cancellationToken).ConfigureAwait(false);
            var runner = new BenchRunner(server.Operator, target, client, settings, context.Terminal.Time);
            IReadOnlyList<BenchRun> runs = [];
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var watch = context.Get(Html) is null ? null : new PoolWatch(server.Operator, target.Pool, PlanBench.LookAtPools, context.Terminal.Time);
            var watching = watch?.RunAsync(over.Token) ?? Task.CompletedTask;
            try
            {
                await context.Output.ProgressAsync("Measuring", runner.Steps(deployed), async progress =>
                    runs = await runner.RunAsync(deployed, progress, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
            }
            finally
            {
                await over.CancelAsync().ConfigureAwait(false);
                await watching.ConfigureAwait(false);
            }

            // Nothing was measured: there is nothing to report.
            var interrupted = cancellationToken.IsCancellationRequested;
            if (runs.Count == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            var environment = await BenchEnvironment.ReadAsync(began, target.NamedBy, size, settings, CancellationToken.None).ConfigureAwait(false);
            return new(environment, runs, BenchRatio.Of(runs), interrupted)
            {
                Timelines = watch is null ? [] : [watch.Result("first requests")],
            };
        }
    }

    private static List<BenchScenario> ScenariosOf(VerbContext context, BenchSettings settings)
    {
        if (context.Get(PackagePath) is { } package)
        {
            return [new("package", package, context.Require(EntryPoint), context.Require(RequestPath), context.Get(Data))];
        }

        var repository = RepositoryFolder.Find() ?? throw CliException.Usage(
            "the scenarios are functions of PodPool's source tree, and this program does not run from one", "name a function of yours with --package PATH");
        var wanted = context.Get(Scenarios) is { Length: > 0 } named ? named : null;
        List<BenchScenario> scenarios = [.. BenchScenario.OfSamples(repository).Where(scenario => wanted?.Contains(scenario.Name) != false)];
        if (settings.Arrivals == ArrivalKind.OneAtATime)
        {
            return scenarios;
        }

        // What comes at once has no rate.
        scenarios.RemoveAll(scenario => scenario.AtOnce > 1);
        return scenarios.Count > 0 ? scenarios : throw CliException.Usage("that scenario sends its requests at once: it has no arrivals to choose");
    }

    private static void CheckPool(int size, IReadOnlyList<BenchScenario> scenarios)
    {
        var needed = scenarios.Max(scenario => scenario.AtOnce);
        if (size < needed)
        {
            throw CliException.Failed(
                string.Create(CultureInfo.InvariantCulture, $"the pool keeps {size} warm pods, but {needed} are needed at once"),
                string.Create(CultureInfo.InvariantCulture, $"`podpool pool resize default --warm {needed + 2}`, or choose other scenarios"));
        }
    }

    private static void Write(BenchReport report, DirectoryInfo folder, IOutput output)
    {
        folder.Create();
        var name = string.Create(CultureInfo.InvariantCulture, $"{report.Environment.At:yyyy-MM-dd-HHmmss}-{report.Environment.Commit ?? "release"}.json");
        var path = Path.Combine(folder.FullName, name);
        File.WriteAllText(path, JsonOutput.Serialize(report) + "\n");
        output.Note($"Written to {path}");
    }

    private static void Write(FileInfo? file, Func<string?> render, IOutput output)
    {
        if (file is null)
        {
            return;
        }

        if (render() is not { } text)
        {
            output.Note($"{file.FullName} is not written: no request was answered");
            return;
        }

        file.Directory?.Create();
        File.WriteAllText(file.FullName, text);
        output.Note($"Written to {file.FullName}");
    }

    private static ArrivalKind ParseArrivals(System.CommandLine.Parsing.ArgumentResult result)
    {
        switch (result.Tokens[0].Value)
        {
            case "one-at-a-time":
                return ArrivalKind.OneAtATime;
            case "poisson":
                return ArrivalKind.Poisson;
            case "constant":
                return ArrivalKind.Constant;
            default:
                result.AddError($"--arrivals {result.Tokens[0].Value}: it must be one-at-a-time, poisson or constant.");
                return default;
        }
    }
}
