using Grpc.Core;
using Grpc.Core.Interceptors;
using PodPool.Cli.Server;
using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Clusters;

/// <summary>
/// Asks again, a few times, when the manager that was asked leads no more or went away: every call with one answer may be made twice. Streams are their
/// callers' to repeat.
/// </summary>
internal sealed class LeaderRetry(LeaderPort leader, TimeProvider time) : Interceptor
{
    private const int Attempts = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        => new(AskAsync(request, context, continuation), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });

    /// <summary>Whether the same call may succeed with the next leader.</summary>
    public static bool MaySucceed(RpcException exception) => exception.ReasonOf() switch
    {
        Reason.NotLeader or Reason.ShuttingDown => true,
        Reason.Unspecified => exception.StatusCode is StatusCode.Unavailable or StatusCode.Internal && ServerFailure.CauseOf(exception) is null,
        _ => false,
    };

    private async Task<TResponse> AskAsync<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        where TRequest : class
        where TResponse : class
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var call = continuation(request, context);
                return await call.ResponseAsync.ConfigureAwait(false);
            }
            catch (RpcException exception) when (attempt < Attempts && MaySucceed(exception) && !context.Options.CancellationToken.IsCancellationRequested)
            {
                leader.Drop();
            }

            await Task.Delay(Pause, time, context.Options.CancellationToken).ConfigureAwait(false);
        }
    }
}
