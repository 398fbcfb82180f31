using Grpc.Core;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>What a call by gRPC failed with.</summary>
internal static class GrpcStatus
{
    public static async Task<StatusCode> OfAsync(Func<Task> call)
    {
        var exception = await Assert.ThrowsAnyAsync<Exception>(call);
        while (exception is not RpcException)
        {
            exception = exception.InnerException ?? throw new InvalidOperationException("it is no error of gRPC", exception);
        }

        return ((RpcException)exception).StatusCode;
    }
}
