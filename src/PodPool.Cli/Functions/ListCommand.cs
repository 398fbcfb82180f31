using System.CommandLine;
using System.Globalization;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using PodPool.Contracts.V1;
using Spectre.Console;

namespace PodPool.Cli.Functions;

/// <summary><c>podpool list</c></summary>
internal sealed class ListCommand : ServerVerb
{
    private static readonly Option<string?> Namespace = new("--namespace", "-n") { Description = "only this namespace", HelpName = "NS" };

    public ListCommand()
        : base("list", "List the deployed functions.") => Add(Namespace);

    private protected override async Task<int> RunAsync(VerbContext context, ServerConnection server, CancellationToken cancellationToken)
    {
        var request = new ListFunctionsRequest { Namespace = context.Get(Namespace) ?? "" };
        var answer = await server.Operator.ListFunctionsAsync(request, cancellationToken: cancellationToken);
        var functions = answer.Functions
            .Select(FunctionView.Of)
            .OrderBy(function => function.Namespace, StringComparer.Ordinal)
            .ThenBy(function => function.Name, StringComparer.Ordinal)
            .ToList();
        context.Output.Result(new { Functions = functions }, console =>
        {
            if (functions.Count == 0)
            {
                console.WriteLine("No functions. Deploy one: podpool deploy PATH --name NAME");
                return;
            }

            var now = context.Terminal.Time.GetUtcNow();
            var table = Show.Columns("NAME", "INSTANCES", "LAST START", "DEPLOYED", "STATE", "URL");
            foreach (var function in functions)
            {
                table.Row(
                    function.Show(),
                    function.Instances.Count(instance => instance.Phase == "serving").ToString(CultureInfo.InvariantCulture),
                    function.LastStart is { } start ? Show.Milliseconds(start.PhasesMs.Values.Sum()) : "never",
                    function.DeployedAt is { } at ? Show.Ago(at, now) : "",
                    function.IsReady == false ? function.LastFailure?.Reason ?? "not ready" : "ready",
                    function.Urls is [var url, ..] ? url : "");
            }

            console.Write(table);
        });
        return ExitCode.Ok;
    }
}
