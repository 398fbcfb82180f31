using System.CommandLine;
using Grpc.Core;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Server;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Functions;

/// <summary><c>podpool logs</c></summary>
internal sealed class LogsCommand : ServerVerb
{
    private static readonly Argument<string?> FunctionArgument = new("NAME")
    {
        Description = "the function's name, or NAMESPACE/NAME",
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources = { FunctionNames.Complete },
    };

    private static readonly Option<string?> Pod = new("--pod") { Description = "the lines of one pod instead of a function", HelpName = "ID" };

    private static readonly Option<bool> Follow = new("--follow", "-f") { Description = "go on with new lines as they come" };

    private static readonly Option<int> Tail = CheckedOptions.NotNegative(
        new Option<int>("--tail") { Description = "begin with the last N lines [default: all that are kept]", HelpName = "N" });

    public LogsCommand()
        : base("logs", "Show what a function's instances wrote.")
    {
        Add(FunctionArgument);
        Add(CommonOptions.Namespace);
        Add(Pod);
        Add(Follow);
        Add(Tail);
        Validators.Add(result =>
        {
            if (result.GetValue(FunctionArgument) is null == result.GetValue(Pod) is null)
            {
                result.AddError("Name either a function or a pod (--pod ID).");
            }
        });
    }

    private protected override async Task<int> RunAsync(VerbContext context, ServerConnection server, CancellationToken cancellationToken)
    {
        var request = new LogsRequest { Follow = context.Get(Follow), Tail = context.Get(Tail) };
        if (context.Get(Pod) is { } pod)
        {
            request.Pod = pod;
        }
        else
        {
            request.Function = FunctionNames.Parse(context.Get(FunctionArgument)!, context.NamespaceAt(server));
        }

        using var call = server.Operator.Logs(request, cancellationToken: cancellationToken);
        await foreach (var line in call.ResponseStream.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            context.Output.Item(new { line.Pod, line.Line }, $"{line.Pod}  {ReadableLogLine.Of(line.Line)}");
        }

        return ExitCode.Ok;
    }
}
