using Grpc.Core;
using PodPool.Cli.Clusters;
using PodPool.Cli.Server;

namespace PodPool.Cli.CommandLine;

/// <summary>A verb that talks to a manager.</summary>
internal abstract class ServerVerb : Verb
{
    private protected ServerVerb(string name, string description)
        : base(name, description)
    {
        Add(CommonOptions.Server);
        ClusterOptions.AddTo(this);
    }

    private protected abstract Task<int> RunAsync(VerbContext context, ServerConnection server, CancellationToken cancellationToken);

    private protected sealed override async Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        using var server = ServerConnection.Open(context.Arguments, context.Terminal);
        try
        {
            return await RunAsync(context, server, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw ServerFailure.Describe(exception, server.Cluster);
        }
    }
}
