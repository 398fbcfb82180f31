using Grpc.Core;
using PodPool.Contracts.V1;

namespace PodPool.Router.Tests.Peers;

/// <summary>A gRPC service behind the router: the contract at hand serves as well as any.</summary>
internal sealed class GrpcEcho : Pool.PoolBase
{
    /// <summary>Answers with the caller's word, and a trailer; refuses the caller named "nobody".</summary>
    public override Task<AcquireResponse> Acquire(AcquireRequest request, ServerCallContext context)
    {
        context.ResponseTrailers.Add("echo-trailer", request.RouterId);
        return request.RouterId == "nobody"
            ? throw new RpcException(new Status(StatusCode.PermissionDenied, "not you"))
            : Task.FromResult(new AcquireResponse { Instance = new() { Id = request.RouterId } });
    }

    /// <summary>One answer for each message, as it comes.</summary>
    public override async Task Connect(
        IAsyncStreamReader<RouterMessage> requestStream, IServerStreamWriter<RouteUpdate> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            await responseStream.WriteAsync(new() { Version = requestStream.Current.Ack.Version + 1 }, context.CancellationToken);
        }
    }
}
