using Grpc.Core;
using PodPool.Contracts.V1;
using PodPool.Following;
using PodPool.Router.Routing;

namespace PodPool.Router.Managing;

/// <summary>A router on its streams with managers: the leader's routes are its routes, and it is told loads, acknowledgements and suspicions.</summary>
internal sealed class RouterFollower(ManagerLink link, RouteBook routes, RouterOptions options, TimeProvider time) : IFollower<RouterMessage, RouteUpdate>
{
    public RouterMessage Hello { get; } = new() { Hello = new() { RouterId = link.RouterId } };

    public AsyncDuplexStreamingCall<RouterMessage, RouteUpdate> Open(CallInvoker manager, CancellationToken ending)
        => new Contracts.V1.Pool.PoolClient(manager).Connect(cancellationToken: ending);

    public UpdateHead HeadOf(RouteUpdate update) => new(update.Version, update.Epoch, update.Snapshot, update.Changed.Count);

    public void Apply(RouteUpdate update) => routes.Apply(update);

    public void Follow(ManagerTalk<RouterMessage, RouteUpdate> leader) => link.Follow(leader);

    public void Applied(ulong version) => link.Outbox.Acknowledge(version);

    public void Lost() => link.Lost();

    public void Restart(ulong version)
    {
        link.Outbox.Restart(routes.All);
        link.Outbox.Acknowledge(version);
    }

    /// <remarks>At most one message is under way; what changes meanwhile goes into the next.</remarks>
    public async Task TellAsync(ManagerTalk<RouterMessage, RouteUpdate> leader, CancellationToken over)
    {
        var outbox = link.Outbox;
        while (true)
        {
            await outbox.Any.Happened.WaitAsync(over).ConfigureAwait(false);
            var rest = options.ReportInterval - time.GetElapsedTime(link.LastTold);
            if (rest > TimeSpan.Zero)
            {
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(over);
                await Task.WhenAny(outbox.Urgent.Happened, Task.Delay(rest, time, enough.Token)).ConfigureAwait(false);
                await enough.CancelAsync().ConfigureAwait(false);
                over.ThrowIfCancellationRequested();
            }

            outbox.Any.Reset();
            outbox.Urgent.Reset();
            link.LastTold = time.GetTimestamp();
            foreach (var message in outbox.Take())
            {
                await leader.TellAsync(message, over).ConfigureAwait(false);
            }
        }
    }
}
