using System.CommandLine;
using System.Globalization;
using PodPool.Cli.Bench;
using PodPool.Cli.Bench.Targets;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Deploy;
using PodPool.Cli.Local;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using Spectre.Console;

namespace PodPool.Cli.Demo;

/// <summary><c>podpool demo</c>: the least one has to see to know what this is about, measured here and now.</summary>
internal sealed class DemoCommand : Verb
{
    /// <summary>Pods that are enough for one function at a time.</summary>
    private const int WarmPods = 3;

    private static readonly Option<int> Rounds = new Option<int>("--rounds")
    {
        Description = "first requests a function",
        HelpName = "N",
        DefaultValueFactory = _ => 5,
    }.Within(1, 1000);

    public DemoCommand()
        : base("demo", "See it: the first request to two functions, with the pool and without. Starts and ends everything itself.") => Add(Rounds);

    private static IReadOnlyList<BenchScenario> Functions { get; } =
    [
        new("hello", Path.Combine(AppContext.BaseDirectory, "samples", "Hello"), Path: "?name=Ada"),
        new("web-application", Path.Combine(AppContext.BaseDirectory, "samples", "WebApplication"), Path: "books"),
    ];

    private protected override async Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        context.Output.Note("PodPool: the first request to a .NET function, as fast as the second. Measured on this machine, now:");
        var platform = await context.Output.BusyAsync(
            string.Create(CultureInfo.InvariantCulture, $"Starting a platform of its own: manager, router, {WarmPods} warm pods"),
            () => LocalPlatformProcess.StartAsync(WarmPods, cancellationToken)).ConfigureAwait(false);
        await using (platform.ConfigureAwait(false))
        {
            var report = await MeasureAsync(context, platform.Server, cancellationToken).ConfigureAwait(false);
            context.Output.Result(report, console => Render(console, report));
            return report.Runs.Any(run => run.Errors > 0) ? ExitCode.Failed : ExitCode.Ok;
        }
    }

    private static async Task<BenchReport> MeasureAsync(VerbContext context, ServerAddress address, CancellationToken cancellationToken)
    {
        var settings = new BenchSettings(context.Get(Rounds), Warmup: 1, ArrivalKind.OneAtATime, Rate: 0, Settling: null, NoPool: true);
        var began = context.Terminal.Time.GetUtcNow();
        using var server = ServerConnection.Open(address);
        using var target = new ManagerTarget(server.Operator, address.NamedBy, context.Terminal.Time);
        var deployment = new BenchDeployment(target, new PackageBuilder(context.Terminal, context.Output), context.Output);
        await using (deployment.ConfigureAwait(false))
        {
            var deployed = new List<DeployedScenario>();
            foreach (var function in Functions)
            {
                deployed.Add(await deployment.DeployAsync(function, copies: 1, cancellationToken).ConfigureAwait(false));
            }

            using var client = new BenchClient(context.Terminal.Time);
            await client.WarmAsync(new Uri(deployed[0].Urls[0]), 1, cancellationToken).ConfigureAwait(false);
            var runner = new BenchRunner(server.Operator, target, client, settings, context.Terminal.Time);
            IReadOnlyList<BenchRun> runs = [];
            await context.Output.ProgressAsync("Calling them, each with no instance before", runner.Steps(deployed), async progress =>
                runs = await runner.RunAsync(deployed, progress, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

            // Half a demonstration shows nothing.
            cancellationToken.ThrowIfCancellationRequested();
            var environment = await BenchEnvironment.ReadAsync(began, target.NamedBy, WarmPods, settings, cancellationToken).ConfigureAwait(false);
            return new(environment, runs, BenchRatio.Of(runs), Interrupted: false);
        }
    }

    private static void Render(IAnsiConsole console, BenchReport report)
    {
        var table = new Table { Border = TableBorder.SimpleHeavy };
        table.AddColumn("");
        foreach (var function in Functions)
        {
            table.AddColumn(new TableColumn(new Text(function.Name, new Style(decoration: Decoration.Bold))).RightAligned());
        }

        void Row(string name, Func<string, string> cell, Style? style = null)
            => table.AddRow([new Text(name, style), .. Functions.Select(function => new Text(cell(function.Name), style))]);

        string Median(string scenario, string mode)
            => report.Runs.FirstOrDefault(run => run.Scenario == scenario && run.Mode == mode)?.Ms is { } ms ? Show.Milliseconds(ms.P50) : "-";

        Row("first request, from a warm pod", name => Median(name, BenchMode.Pooled), new Style(Color.Green, decoration: Decoration.Bold));
        Row("the next request", name => Median(name, BenchMode.Warm));
        Row("first request without a pool", name => Median(name, BenchMode.NoPool));
        Row("faster by", name => report.Ratios.First(ratio => ratio.Scenario == name).NoPoolToPooled is { } times
            ? string.Create(CultureInfo.InvariantCulture, $"{times:0.#} ×")
            : "-");
        console.Write(table);

        var rounds = report.Runs.Max(run => run.N);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Medians of {rounds}, at the client, through the router; every first request found no instance. Without a pool: the same program"));
        console.WriteLine("is started, loads the same function and answers; no scheduler, image or network is in that, as it would be on a cluster.");
        console.WriteLine(report.Environment.Show());
        foreach (var run in report.Runs.Where(run => run.Errors > 0))
        {
            console.MarkupLineInterpolated($"[red]{run.Scenario}, {run.Mode}: {run.Errors} requests failed[/], e.g. {run.ErrorMessages[0]}");
        }

        RenderNext(console);
    }

    private static void RenderNext(IAnsiConsole console)
    {
        console.WriteLine();
        console.MarkupLine("[bold]With a function of yours[/]");
        console.WriteLine("  podpool local                            in one terminal, then in another:");
        console.WriteLine("  podpool deploy PATH --name mine          a project, a published folder or an assembly");
        console.WriteLine("  curl http://127.0.0.1:8080/default/mine/");
        if (RepositoryFolder.Find() is not null)
        {
            console.MarkupLine("[grey]  podpool is `dotnet run -c Release --project src/PodPool.Cli --` in this source tree[/]");
        }
    }
}
