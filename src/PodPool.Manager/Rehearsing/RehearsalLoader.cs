using System.Threading.Channels;
using Grpc.Core;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Rehearsing;

/// <summary>Answers claims as a pod does, without loading anything.</summary>
internal sealed class RehearsalLoader(RehearsalPlatform platform, ManagerOptions options, IHostApplicationLifetime lifetime) : Contracts.V1.Loader.LoaderBase
{
    private readonly Channel<PodPhase> _phases = Channel.CreateUnbounded<PodPhase>();

    public override async Task<SpecializeResponse> Specialize(IAsyncStreamReader<SpecializeRequest> requestStream, ServerCallContext context)
    {
        // As in a pod, a call may still wait for its claim at the end.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        while (await requestStream.MoveNext(ending.Token).ConfigureAwait(false))
        {
            // Whatever it is: it was sent.
        }

        _phases.Writer.TryWrite(PodPhase.PodServing);
        return new() { InstanceId = platform.Current?.Value ?? "", Phases = new() { Transfer = 1, Load = 1, Start = 1 } };
    }

    public override Task<ProfileResponse> Profile(ProfileRequest request, ServerCallContext context) => Task.FromResult(new ProfileResponse());

    public override async Task Status(StatusRequest request, IServerStreamWriter<PodStatus> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var pod = platform.Current?.Value ?? "";
        await responseStream.WriteAsync(Say(PodPhase.PodStarting)).ConfigureAwait(false);
        await responseStream.WriteAsync(Say(PodPhase.PodWarm)).ConfigureAwait(false);
        try
        {
            await foreach (var phase in _phases.Reader.ReadAllAsync(ending.Token).ConfigureAwait(false))
            {
                await responseStream.WriteAsync(Say(phase)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The pod is gone.
        }

        PodStatus Say(PodPhase phase) => new() { PodId = pod, Phase = phase, FunctionAddress = options.Listen };
    }

    public override Task<DrainResponse> Drain(DrainRequest request, ServerCallContext context) => Task.FromResult(new DrainResponse());
}
