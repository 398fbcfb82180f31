using System.Globalization;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using PodPool.Contracts;
using Spectre.Console;

namespace PodPool.Cli.Functions;

/// <summary><c>podpool describe</c>: all there is to know of one function.</summary>
internal sealed class DescribeCommand : ServerVerb
{
    private static readonly System.CommandLine.Argument<string> FunctionArgument = CommonOptions.FunctionName();

    public DescribeCommand()
        : base("describe", "Show a function: its instances, its last start by phase, its last failure.")
    {
        Add(FunctionArgument);
        Add(CommonOptions.Namespace);
    }

    private protected override async Task<int> RunAsync(VerbContext context, ServerConnection server, CancellationToken cancellationToken)
    {
        var name = FunctionNames.Parse(context.Require(FunctionArgument), context.NamespaceAt(server));
        var function = FunctionView.Of(await server.Operator.DescribeFunctionAsync(name, cancellationToken: cancellationToken));
        context.Output.Result(function, console => Render(console, function, context.Terminal.Time.GetUtcNow()));
        return ExitCode.Ok;
    }

    private static void Render(IAnsiConsole console, FunctionView function, DateTimeOffset now)
    {
        var facts = new Grid().AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 3, 0) }).AddColumn();
        void Fact(string name, string value)
        {
            if (value.Length > 0)
            {
                facts.AddRow(new Text(name, new Style(Color.Grey)), new Text(value));
            }
        }

        Fact("function", $"{function.Namespace}/{function.Name}");
        Fact("state", function.IsReady == false ? "not ready" : "ready");
        Fact("urls", string.Join('\n', function.Urls));
        Fact("entry point", function.EntryPoint);
        Fact("revision", function.Revision);
        Fact("package", $"{function.PackageDigest}, {Show.Bytes(function.PackageSize)}");
        Fact("deployed", function.DeployedAt is { } at ? Show.Ago(at, now) : "");
        Fact("pool", $"{function.Pool}, {(function.OnEmptyPool == "reject" ? "refuses" : "waits")} when it is empty");
        Fact("concurrency", string.Create(CultureInfo.InvariantCulture, $"{function.Concurrency} requests at once per instance"));
        Fact("scale", ScaleOf(function.Scale));
        Fact("timeout", function.TimeoutSeconds is > 0 and var seconds ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.###} s") : "none");
        Fact("environment", string.Join(", ", function.Environment));
        Fact("now", string.Create(CultureInfo.InvariantCulture, $"{function.InFlight} in flight, {function.Waiting} waiting"));
        console.Write(facts);

        RenderStart(console, function.LastStart, now);
        RenderFailure(console, function.LastFailure, now);
        RenderInstances(console, function.Instances, now);
    }

    private static string ScaleOf(ScaleView scale)
    {
        var max = scale.Max == 0 ? "as many as the pool has" : scale.Max.ToString(CultureInfo.InvariantCulture);
        var idle = scale.IdleTimeoutSeconds is { } seconds ? string.Create(CultureInfo.InvariantCulture, $", ended after {seconds:0.###} s without need") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{scale.Min} to {max}{idle}");
    }

    private static void RenderStart(IAnsiConsole console, LastStartView? start, DateTimeOffset now)
    {
        console.WriteLine();
        if (start is null)
        {
            console.WriteLine("It was never started.");
            return;
        }

        var when = start.At is { } at ? Show.Ago(at, now) : "";
        var from = start.Miss ? "the pool was empty, so it waited for a pod" : "from a warm pod";
        console.MarkupLineInterpolated($"[bold]Last start[/]: {Show.Milliseconds(start.PhasesMs.Values.Sum())}, {when}, {from}");

        // The first call is the router's to know: it says so in its answer to that call.
        var phases = PhaseNames.All.Where(phase => phase != PhaseNames.FirstCall || start.PhasesMs[phase] > 0).ToArray();
        var table = Show.Columns(phases);
        table.Row([.. phases.Select(phase => Show.Milliseconds(start.PhasesMs[phase]))]);
        console.Write(table);
    }

    private static void RenderFailure(IAnsiConsole console, FailureView? failure, DateTimeOffset now)
    {
        if (failure is null)
        {
            return;
        }

        var when = failure.At is { } at ? Show.Ago(at, now) : "";
        console.WriteLine();
        console.MarkupLineInterpolated($"[bold red]Last failure[/]: {failure.Reason}, {when}");
        console.WriteLine(failure.Message);
        if (failure.RetryAt is { } retry && retry > now)
        {
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The next start is tried in {(retry - now).TotalSeconds:0.#} s."));
        }
    }

    private static void RenderInstances(IAnsiConsole console, IReadOnlyList<InstanceView> instances, DateTimeOffset now)
    {
        console.WriteLine();
        if (instances.Count == 0)
        {
            console.WriteLine("No instances: the next request starts one.");
            return;
        }

        var table = Show.Columns("INSTANCE", "STATE", "SINCE", "REVISION", "NODE");
        foreach (var instance in instances)
        {
            table.Row(instance.Id, instance.Phase, instance.Since is { } since ? Show.Ago(since, now) : "", instance.Revision, instance.Node);
        }

        console.Write(table);
    }
}
