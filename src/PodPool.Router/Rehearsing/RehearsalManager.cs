using Grpc.Core;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Router.Rehearsing;

/// <summary>A manager that knows some functions, none with an instance, and has one at once for who asks: the server that it is part of.</summary>
internal sealed class RehearsalManager(int functions, IServer server, IHostApplicationLifetime lifetime) : Pool.PoolBase
{
    /// <summary>Where a server listens.</summary>
    public static string AddressOf(IServer server) => server.Features.Get<IServerAddressesFeature>()!.Addresses.First(CleartextListener.IsRealAddress);

    public override Task<AcquireResponse> Acquire(AcquireRequest request, ServerCallContext context) => Task.FromResult(new AcquireResponse
    {
        Instance = new()
        {
            Id = request.Load.Function.Name,
            Address = AddressOf(server),
            Revision = "rehearsal",
            Start = new() { Phases = new() { Claim = 1, Transfer = 1, Load = 1, Start = 1 } },
        },
    });

    public override async Task Connect(IAsyncStreamReader<RouterMessage> requestStream, IServerStreamWriter<RouteUpdate> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var known = Enumerable.Range(0, functions).Select(number => new FunctionRoute
        {
            Function = RehearsalPeer.Function(number), Concurrency = 10, Pool = "rehearsal", Revision = "rehearsal",
        });
        try
        {
            await responseStream.WriteAsync(new() { Version = 1, Snapshot = true, Changed = { known } }, ending.Token).ConfigureAwait(false);
            while (await requestStream.MoveNext(ending.Token).ConfigureAwait(false))
            {
                // Whatever the router tells: it was told.
            }
        }
        catch (OperationCanceledException)
        {
            // The router is gone, or the rehearsal over.
        }
    }
}
