using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Leading;

namespace PodPool.Manager.Doors;

/// <summary>What the nodes' doors to Dapr ask and tell.</summary>
internal sealed class DoorService(DoorHub doors, Leadership leadership, IHostApplicationLifetime lifetime) : Contracts.V1.Doors.DoorsBase
{
    /// <inheritdoc/>
    public override Task Connect(IAsyncStreamReader<DoorMessage> requestStream, IServerStreamWriter<DoorUpdate> responseStream, ServerCallContext context)
        => LeaderStream.RunAsync(
            leadership, lifetime,
            leaving => GreetAsync(requestStream, leaving),
            (hello, term, ending) => ServeAsync(hello, term.Epoch, requestStream, responseStream, ending), context.CancellationToken);

    private static async Task<DoorHello> GreetAsync(IAsyncStreamReader<DoorMessage> messages, CancellationToken cancellationToken)
    {
        if (!await messages.MoveNext(cancellationToken).ConfigureAwait(false) || messages.Current.Hello is not { DoorId.Length: > 0, Node.Length: > 0 } hello)
        {
            throw Reason.InvalidArgument.ToException("the first message of a door must be a hello with its id and its node", ("field", "hello"));
        }

        foreach (var endpoint in (string[])[hello.HttpEndpoint, hello.GrpcEndpoint])
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
            {
                throw Reason.InvalidArgument.ToException($"the door of {hello.Node} says that instances reach it at '{endpoint}', which is no http://host:port", ("field", "hello"));
            }
        }

        return hello;
    }

    private async Task ServeAsync(
        DoorHello hello, ulong epoch, IAsyncStreamReader<DoorMessage> requestStream, IServerStreamWriter<DoorUpdate> responseStream, CancellationTokenSource ending)
    {
        // Known before the snapshot is made: what changes after it is told.
        var connection = doors.Add(hello);
        var reading = ReadAsync(connection, requestStream, ending);
        try
        {
            await responseStream.WriteAsync(doors.Snapshot(connection, epoch), ending.Token).ConfigureAwait(false);
            while (true)
            {
                await connection.WaitAsync(ending.Token).ConfigureAwait(false);
                await responseStream.WriteAsync(doors.Update(connection, epoch), ending.Token).ConfigureAwait(false);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            doors.Remove(connection);
        }
    }

    private async Task ReadAsync(DoorConnection connection, IAsyncStreamReader<DoorMessage> messages, CancellationTokenSource ending)
    {
        try
        {
            while (await messages.MoveNext(ending.Token).ConfigureAwait(false))
            {
                if (messages.Current.Health is { } health)
                {
                    doors.SetReady(connection, health.Ready);
                }
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }
}
