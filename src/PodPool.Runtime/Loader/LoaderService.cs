using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using PodPool.Contracts.V1;
using PodPool.Runtime.Life;

namespace PodPool.Runtime.Loader;

/// <summary>The wire side of a pod: what loader.proto promises, nothing more.</summary>
internal sealed class LoaderService(Pod pod) : Contracts.V1.Loader.LoaderBase
{
    private static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(30);

    public override async Task<SpecializeResponse> Specialize(IAsyncStreamReader<SpecializeRequest> requestStream, ServerCallContext context)
    {
        try
        {
            return await pod.SpecializeAsync(requestStream, context.CancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested || pod.Stopping.IsCancellationRequested)
        {
            throw new RpcException(new(StatusCode.Cancelled, "nobody waits for it any more"));
        }
        catch (RefusalException refusal)
        {
            throw refusal.ToRpc();
        }
    }

    public override async Task<PrefetchResponse> Prefetch(IAsyncStreamReader<PrefetchRequest> requestStream, ServerCallContext context)
    {
        try
        {
            await pod.PrefetchAsync(requestStream, context.CancellationToken).ConfigureAwait(false);
            return new();
        }
        catch (RefusalException refusal)
        {
            throw refusal.ToRpc();
        }
    }

    public override async Task<ProfileResponse> Profile(ProfileRequest request, ServerCallContext context)
    {
        try
        {
            return await pod.ProfileAsync(context.CancellationToken).ConfigureAwait(false);
        }
        catch (RefusalException refusal)
        {
            throw refusal.ToRpc();
        }
    }

    public override async Task Status(StatusRequest request, IServerStreamWriter<PodStatus> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, pod.Stopping);
        try
        {
            while (true)
            {
                var (status, changed) = pod.ObserveStatus();
                await responseStream.WriteAsync(status, ending.Token).ConfigureAwait(false);
                await changed.WaitAsync(ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The caller left, or the pod ends.
        }
    }

    public override async Task<DrainResponse> Drain(DrainRequest request, ServerCallContext context)
    {
        var grace = request.Grace?.ToTimeSpan() ?? DefaultGrace;
        return new DrainResponse { Aborted = await pod.DrainAsync(grace < TimeSpan.Zero ? TimeSpan.Zero : grace).ConfigureAwait(false) };
    }
}
