using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;
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
        var name = FunctionNames.Parse(context.Require(FunctionArgument), context.NamespaceAt(server));
        if (server.Cluster is { } cluster)
        {
            await DeleteAsync(cluster, name, context.Output, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await server.Operator.DeleteFunctionAsync(name, cancellationToken: cancellationToken);
        }

        context.Output.Result(
            new { Deleted = new { name.Namespace, name.Name } },
            console => console.WriteLine($"Deleted {FunctionNames.Show(name)}."));
        return ExitCode.Ok;
    }

    /// <summary>On a cluster the function is an object; its instances are the manager's to end.</summary>
    private static async Task DeleteAsync(Cluster cluster, FunctionName name, IOutput output, CancellationToken cancellationToken)
    {
        var function = new ObjectName(name.Namespace, name.Name);
        if (!await cluster.Functions.DeleteAsync(function, uid: null, grace: null, cancellationToken).ConfigureAwait(false))
        {
            throw new CliException(
                ExitCode.NotFound, $"there is no function {function} in '{cluster.Context}'", Remedies.For(Reason.FunctionNotFound), Reason.FunctionNotFound.WireName());
        }

        await output.BusyAsync(
            $"Waiting until {FunctionNames.Show(name)} is gone",
            () => ObjectWait.UntilAsync<FunctionResource>(cluster.Api, function, found => found is null, cancellationToken)).ConfigureAwait(false);
    }
}
