using Grpc.Core;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Tests.Peers;

/// <summary>A router as the manager sees one.</summary>
internal sealed class TestRouter : IDisposable
{
    private readonly AsyncDuplexStreamingCall<RouterMessage, RouteUpdate> _call;

    private Task<bool>? _pending;

    private TestRouter(AsyncDuplexStreamingCall<RouterMessage, RouteUpdate> call) => _call = call;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public static async Task<TestRouter> ConnectAsync(ManagerClient manager, string id = "r")
    {
        var router = new TestRouter(manager.Pool.Connect(cancellationToken: Test));
        await router.SendAsync(new() { Hello = new() { RouterId = id } });
        return router;
    }

    public Task SendAsync(RouterMessage message) => _call.RequestStream.WriteAsync(message, Test);

    public Task AcknowledgeAsync(ulong version) => SendAsync(new() { Ack = new() { Version = version } });

    public async Task<RouteUpdate> NextAsync()
    {
        var next = _pending ?? _call.ResponseStream.MoveNext(Test);
        _pending = null;
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(30), Test), "the manager ended the stream");
        return _call.ResponseStream.Current;
    }

    /// <summary>Acknowledges an update and what follows until something is done.</summary>
    public async Task AcknowledgeAllUntilAsync(Task done, RouteUpdate update)
    {
        _pending = Task.FromResult(true);
        while (true)
        {
            if (_pending.IsCompleted)
            {
                await AcknowledgeAsync(update.Version);
                _pending = _call.ResponseStream.MoveNext(Test);
            }

            if (await Task.WhenAny(done, _pending) == done)
            {
                await done;
                return;
            }

            Assert.True(await _pending);
            update = _call.ResponseStream.Current;
        }
    }

    /// <summary>The first update with a route that is as wanted.</summary>
    public async Task<RouteUpdate> UntilAsync(Func<FunctionRoute, bool> holds)
    {
        while (true)
        {
            var update = await NextAsync();
            if (update.Changed.Any(holds))
            {
                return update;
            }
        }
    }

    public void Dispose() => _call.Dispose();
}
