using Google.Protobuf.WellKnownTypes;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Manager.Claims;
using PodPool.Manager.Functions;
using PodPool.Manager.Loader;

namespace PodPool.Manager.Doors;

/// <summary>What a claim tells an instance of its node's door to Dapr, and the door of the instance.</summary>
internal sealed class DoorClaims(DoorHub doors, PodDirectory pods, ClaimKey key, TimeProvider time)
{
    /// <summary>
    /// A token cannot be renewed in a process that has it in its environment, so it lasts longer than nodes and clusters go without being replaced. What
    /// ends it in time is that it is good for a living instance only.
    /// </summary>
    public static readonly TimeSpan TokenLife = TimeSpan.FromDays(366);

    /// <summary>For doors that come back to a manager which has just begun to lead.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>What a pod that is about to be an instance is told of its door, with a token of its own.</summary>
    /// <param name="link">The pod.</param>
    /// <param name="function">What it becomes; uses Dapr.</param>
    /// <exception cref="Grpc.Core.RpcException"><see cref="Reason.DaprUnavailable"/>: the node has no door.</exception>
    public async ValueTask<DaprDoor> DoorOfAsync(PodLink link, FunctionRecord function)
    {
        var door = await doors.FindAsync(link.Pod, Patience).ConfigureAwait(false)
            ?? throw Reason.DaprUnavailable.ToException(
                $"{function.Name} uses Dapr, and there is no door to it on the node {link.Pod.Node} in its pool's trust domain: on a cluster, install the component dapr; on one machine, start it with podpool local --dapr",
                ("function", function.Name.ToString()), ("node", link.Pod.Node));
        var now = time.GetUtcNow();
        return new()
        {
            HttpEndpoint = door.HttpEndpoint,
            GrpcEndpoint = door.GrpcEndpoint,
            Token = DaprTokens.Write(
                new()
                {
                    Namespace = function.Name.Namespace,
                    Function = function.Name.Name,
                    Revision = function.Revision,
                    PodId = link.Pod.Pod.Value,
                    IssuedAt = Timestamp.FromDateTimeOffset(now),
                    ExpiresAt = Timestamp.FromDateTimeOffset(now + TokenLife),
                },
                bytes => key.Sign(bytes)),
        };
    }

    /// <summary>Tells the door of the instance. Beside the transfer: a door that is asked before it heard of it waits.</summary>
    public void Bind(PodLink link, FunctionRecord function)
    {
        doors.Bind(link.Pod, link.FunctionAddress, function);

        // A pod that went meanwhile was told gone before the door knew it.
        if (pods.Find(link.Pod.Pod) is null)
        {
            doors.Gone(link.Pod.Pod);
        }
    }
}
