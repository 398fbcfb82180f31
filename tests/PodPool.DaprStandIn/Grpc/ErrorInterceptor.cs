using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using PodPool.DaprStandIn.Errors;

namespace PodPool.DaprStandIn.Grpc;

/// <summary>Lets in who has the token, and tells of errors as daprd does: dapr/dapr pkg/api/grpc/auth.go.</summary>
internal sealed class ErrorInterceptor(string? apiToken) : Interceptor
{
    private const string TokenHeader = "dapr-api-token";

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        => CallAsync(context, () => continuation(request, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        => CallAsync(context, async () =>
        {
            await continuation(request, responseStream, context);
            return true;
        });

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        => CallAsync(context, async () =>
        {
            await continuation(requestStream, responseStream, context);
            return true;
        });

    private async Task<T> CallAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        if (apiToken is not null)
        {
            var given = context.RequestHeaders.GetValue(TokenHeader);
            if (given != apiToken)
            {
                throw HttpStatusCodes.ErrorOf(401, given is null ? "missing api token in request metadata" : "authentication error: api token mismatch");
            }
        }

        try
        {
            return await call();
        }
        catch (DaprException exception)
        {
            throw new Google.Rpc.Status { Code = (int)exception.Code, Message = exception.Message, Details = { exception.Details.Select(Any.Pack) } }.ToRpcException();
        }
        catch (FormatException exception)
        {
            // What is no error of gRPC's to Go is one of code Unknown.
            throw new RpcException(new(StatusCode.Unknown, exception.Message));
        }
    }
}
