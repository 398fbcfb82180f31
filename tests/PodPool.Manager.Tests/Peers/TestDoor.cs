using Grpc.Core;
using PodPool.Contracts.V1;

namespace PodPool.Manager.Tests.Peers;

/// <summary>A node's door as the manager sees one.</summary>
internal sealed class TestDoor : IDisposable
{
    private readonly AsyncDuplexStreamingCall<DoorMessage, DoorUpdate> _call;

    private TestDoor(AsyncDuplexStreamingCall<DoorMessage, DoorUpdate> call) => _call = call;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    /// <summary>On the node of the manager's own pods.</summary>
    public static DoorHello Hello(string? node = null, string trustDomain = "") => new()
    {
        DoorId = "d", Node = node ?? Environment.MachineName, TrustDomain = trustDomain, HttpEndpoint = "http://127.0.0.1:3500", GrpcEndpoint = "http://127.0.0.1:3500",
    };

    /// <summary>Connects, and says that it is of use.</summary>
    public static async Task<TestDoor> ConnectAsync(ManagerClient manager, DoorHello? hello = null)
    {
        var door = new TestDoor(new Contracts.V1.Doors.DoorsClient(manager.Invoker).Connect(cancellationToken: Test));
        await door._call.RequestStream.WriteAsync(new() { Hello = hello ?? Hello() }, Test);
        return door;
    }

    public Task SendHealthAsync(bool ready) => _call.RequestStream.WriteAsync(new() { Health = new() { Ready = ready } }, Test);

    public async Task<DoorUpdate> NextAsync()
    {
        Assert.True(await _call.ResponseStream.MoveNext(Test).WaitAsync(TimeSpan.FromSeconds(30), Test), "the manager ended the stream");
        return _call.ResponseStream.Current;
    }

    /// <summary>The first update that is as wanted.</summary>
    public async Task<DoorUpdate> UntilAsync(Func<DoorUpdate, bool> holds)
    {
        while (true)
        {
            var update = await NextAsync();
            if (holds(update))
            {
                return update;
            }
        }
    }

    public void Dispose() => _call.Dispose();
}
