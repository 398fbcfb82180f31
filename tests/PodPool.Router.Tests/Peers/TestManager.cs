using System.Threading.Channels;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Router.Tests.Peers;

/// <summary>A real gRPC server that is told by the test what to answer, and remembers what it was told by the router.</summary>
/// <param name="address">Where it listens; several, separated by commas.</param>
/// <param name="leads">Whether it leads from the start, in epoch 0.</param>
internal sealed class TestManager(string address, bool leads = true) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, FunctionRoute> _routes = [];
    private readonly List<ChannelWriter<RouteUpdate>> _routers = [];
    private WebApplication? _app;
    private ulong _version;
    private int _acquiring;
    private bool _leads = leads;

    public string Address => address;

    /// <summary>Of its time as the leader, the last if it leads no more.</summary>
    public ulong Epoch { get; private set; }

    /// <summary>Answers an acquire. Refuses until the test says otherwise.</summary>
    public Func<AcquireRequest, CancellationToken, Task<AcquireResponse>> OnAcquire { get; set; }
        = (_, _) => throw Reason.FunctionNotFound.ToException("no such function");

    /// <summary>Every load that was told, with an acquire or on the stream.</summary>
    public Events<FunctionLoad> Loads { get; } = new();

    public Events<AcquireRequest> Acquires { get; } = new();

    public Events<AcquireRequest> AcquiresCancelled { get; } = new();

    public Events<SuspectInstance> Suspects { get; } = new();

    public Events<ulong> Acks { get; } = new();

    public Events<string> Hellos { get; } = new();

    /// <summary>How many streams were left after each that ended.</summary>
    public Events<int> Leaves { get; } = new();

    /// <summary>The most acquires of one function that were in flight at once.</summary>
    public int MostAcquires { get; private set; }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(
            kestrel =>
            {
                foreach (var one in address.Split(','))
                {
                    kestrel.Listen(PodAddress.Parse(one), listen => listen.Protocols = HttpProtocols.Http2);
                }
            });
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        _app.UseRouting();
        _app.MapGrpcService<Service>();
        await _app.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Ends it as a killed process ends.</summary>
    public async Task KillAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app!.StopAsync(now.Token);
        await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>It leads from now on, and says so to who is connected.</summary>
    public void Lead(ulong epoch)
    {
        lock (_gate)
        {
            (_leads, Epoch) = (true, epoch);
            _version++;
            _routers.ForEach(router => router.TryWrite(SnapshotLocked()));
        }
    }

    /// <summary>It leads no more, and ends all streams.</summary>
    public void Depose()
    {
        lock (_gate)
        {
            _leads = false;
            _routers.ForEach(router => router.TryComplete(NotLeader()));
        }
    }

    /// <summary>Tells all routers of a function.</summary>
    public ulong Route(FunctionRoute route) => Tell(() => _routes[$"{route.Function.Namespace}/{route.Function.Name}"] = route, new() { Changed = { route } });

    /// <summary>Tells all routers that a function is gone.</summary>
    public ulong Remove(FunctionRoute route)
        => Tell(() => _routes.Remove($"{route.Function.Namespace}/{route.Function.Name}"), new() { Removed = { route.Function } });

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await KillAsync();
        }
    }

    private ulong Tell(Action change, RouteUpdate update)
    {
        lock (_gate)
        {
            change();
            (update.Version, update.Epoch) = (++_version, Epoch);
            if (_leads)
            {
                _routers.ForEach(router => router.TryWrite(update.Clone()));
            }

            return update.Version;
        }
    }

    private Channel<RouteUpdate> Join()
    {
        var updates = Channel.CreateUnbounded<RouteUpdate>();
        lock (_gate)
        {
            if (_leads)
            {
                updates.Writer.TryWrite(SnapshotLocked());
            }

            _routers.Add(updates.Writer);
        }

        return updates;
    }

    private void Leave(Channel<RouteUpdate> updates)
    {
        lock (_gate)
        {
            _routers.Remove(updates.Writer);
            Leaves.Add(_routers.Count);
        }
    }

    private RouteUpdate SnapshotLocked() => new() { Version = _version, Epoch = Epoch, Snapshot = true, Changed = { _routes.Values.Select(route => route.Clone()) } };

    private static RpcException NotLeader() => Reason.NotLeader.ToException("another leads");

    private sealed class Service(TestManager manager) : Pool.PoolBase
    {
        public override async Task<AcquireResponse> Acquire(AcquireRequest request, ServerCallContext context)
        {
            manager.MostAcquires = Math.Max(manager.MostAcquires, Interlocked.Increment(ref manager._acquiring));
            try
            {
                manager.Acquires.Add(request);
                manager.Loads.Add(request.Load);
                if (!manager._leads)
                {
                    throw NotLeader();
                }

                return await manager.OnAcquire(request, context.CancellationToken);
            }
            catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
            {
                manager.AcquiresCancelled.Add(request);
                throw;
            }
            finally
            {
                Interlocked.Decrement(ref manager._acquiring);
            }
        }

        public override async Task Connect(
            IAsyncStreamReader<RouterMessage> requestStream, IServerStreamWriter<RouteUpdate> responseStream, ServerCallContext context)
        {
            var updates = manager.Join();
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
            var listening = ListenAsync(requestStream, ending.Token);
            try
            {
                await foreach (var update in updates.Reader.ReadAllAsync(context.CancellationToken))
                {
                    await responseStream.WriteAsync(update, context.CancellationToken);
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or InvalidOperationException or IOException)
            {
                // The router, or this manager, is gone.
            }
            finally
            {
                manager.Leave(updates);
                await ending.CancelAsync();
                await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        private async Task ListenAsync(IAsyncStreamReader<RouterMessage> messages, CancellationToken cancellationToken)
        {
            while (await messages.MoveNext(cancellationToken))
            {
                var message = messages.Current;
                switch (message.MessageCase)
                {
                    case RouterMessage.MessageOneofCase.Hello:
                        manager.Hellos.Add(message.Hello.RouterId);
                        break;
                    case RouterMessage.MessageOneofCase.Load:
                        manager.Loads.Add(message.Load);
                        break;
                    case RouterMessage.MessageOneofCase.Ack:
                        manager.Acks.Add(message.Ack.Version);
                        break;
                    case RouterMessage.MessageOneofCase.Suspect:
                        manager.Suspects.Add(message.Suspect);
                        break;
                }
            }
        }
    }
}
