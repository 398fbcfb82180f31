using Grpc.Core;
using PodPool.Contracts.V1;
using PodPool.DaprProxy.Callers;
using PodPool.DaprProxy.Daprd;
using PodPool.Following;

namespace PodPool.DaprProxy.Managing;

/// <summary>A door on its streams with managers: the leader says who may call, and is told whether the door is of use.</summary>
internal sealed class DoorFollower(DoorOptions options, InstanceBook book, DaprdWatch daprd) : IFollower<DoorMessage, DoorUpdate>
{
    public DoorMessage Hello { get; } = new()
    {
        Hello = new()
        {
            DoorId = Guid.NewGuid().ToString("N"), Node = options.Node, TrustDomain = options.TrustDomain, HttpEndpoint = options.EndpointForInstances, GrpcEndpoint = options.EndpointForInstances,
        },
    };

    public AsyncDuplexStreamingCall<DoorMessage, DoorUpdate> Open(CallInvoker manager, CancellationToken ending)
        => new Doors.DoorsClient(manager).Connect(cancellationToken: ending);

    public UpdateHead HeadOf(DoorUpdate update) => new(update.Version, update.Epoch, update.Snapshot, update.Functions.Count);

    public void Apply(DoorUpdate update) => book.Apply(update);

    public void Follow(ManagerTalk<DoorMessage, DoorUpdate> leader)
    {
        // Nothing is asked beside the stream.
    }

    public void Applied(ulong version)
    {
        // Nobody waits for it: a call that comes before its instance is known waits here.
    }

    public void Lost()
    {
        // What is known counts on.
    }

    public void Restart(ulong version)
    {
        // Every leader is told how it is first.
    }

    public async Task TellAsync(ManagerTalk<DoorMessage, DoorUpdate> leader, CancellationToken over)
    {
        while (true)
        {
            var changed = daprd.Changed;
            var trouble = daprd.State.Trouble;
            await leader.TellAsync(new() { Health = new() { Ready = trouble is null, Trouble = trouble ?? "" } }, over).ConfigureAwait(false);
            await changed.WaitAsync(over).ConfigureAwait(false);
        }
    }
}
