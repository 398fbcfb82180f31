using PodPool.Cli.CommandLine;
using PodPool.Cli.Server;
using Spectre.Console;

namespace PodPool.Cli.Functions;

/// <summary><c>podpool delete</c></summary>
internal sealed class DeleteCommand : ServerVerb
{
    private static readonly System.CommandLine.Argument<string> FunctionArgument = CommonOptions.FunctionName();

    public DeleteCommand()
        : base("delete", "Take a function out of routing and end its instances.")
    {
        Add(FunctionArgument);
        Add(CommonOptions.Namespace);
    }

    private protected override async Task<int> RunAsync(VerbContext context, ServerConnection server, CancellationToken cancellationToken)
    {
        var name = FunctionNames.Parse(context.Require(FunctionArgument), context.Require(CommonOptions.Namespace));
        await server.Operator.DeleteFunctionAsync(name, cancellationToken: cancellationToken);
        context.Output.Result(
            new { Deleted = new { name.Namespace, name.Name } },
            console => console.WriteLine($"Deleted {FunctionNames.Show(name)}."));
        return ExitCode.Ok;
    }
}
