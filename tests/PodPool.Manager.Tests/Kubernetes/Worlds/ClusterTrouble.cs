using CsCheck;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Manager.Tests.Kubernetes.Worlds;

/// <summary>What goes wrong between a manager and its cluster, beside what goes wrong in any world.</summary>
internal enum ClusterTrouble
{
    None,

    /// <summary>All watches break.</summary>
    Drop,

    /// <summary>All watches end, as their time limit has it.</summary>
    End,

    /// <summary>All watches are told that they are too far behind.</summary>
    Gone,

    /// <summary>What happened so far is forgotten: who comes back must list anew.</summary>
    Compact,

    Bookmark,

    /// <summary>The next writes of pods are turned away: 429.</summary>
    TooMany,

    /// <summary>The next writes of pods fail: 500.</summary>
    Fault,

    /// <summary>The next changes of pods meet others': 409.</summary>
    Conflict,

    /// <summary>The next writes of pods are carried out late.</summary>
    Slow,

    /// <summary>The next writes of pods are carried out, and nobody hears of it.</summary>
    Unheard,

    /// <summary>Nobody gets through for a while.</summary>
    Away,

    /// <summary>A node does not answer any more.</summary>
    NodeLost,

    NodeBack,
}

/// <summary>Makes trouble.</summary>
internal static class ClusterTroubles
{
    private static readonly string[] Writes = ["create", "patch", "delete"];

    public static Gen<(ClusterTrouble Trouble, int Count)> Any { get; } = Gen.Select(
        Gen.Frequency((2, Gen.Const(ClusterTrouble.None)), (1, Gen.Enum<ClusterTrouble>())), Gen.Int[1, 6]);

    public static void Make(this ClusterWorld world, ClusterTrouble trouble, int count)
    {
        var server = world.Server;
        switch (trouble)
        {
            case ClusterTrouble.Drop:
                server.Watches.ToList().ForEach(watch => watch.Drop());
                break;
            case ClusterTrouble.End:
                server.Watches.ToList().ForEach(watch => watch.End());
                break;
            case ClusterTrouble.Gone:
                server.Watches.ToList().ForEach(watch => watch.SendError(410, "Expired"));
                break;
            case ClusterTrouble.Compact:
                server.Store.Compact();
                break;
            case ClusterTrouble.Bookmark:
                server.Bookmark();
                break;
            case ClusterTrouble.TooMany:
                server.Fail(request => IsWrite(request) ? new FakeFault.Refused(429, "TooManyRequests", RetryAfter: "1") : null, count);
                break;
            case ClusterTrouble.Fault:
                server.Fail(request => IsWrite(request) ? new FakeFault.Refused(500, "InternalError") : null, count);
                break;
            case ClusterTrouble.Conflict:
                server.Fail(request => IsWrite(request) && request.Verb == "patch" ? new FakeFault.Refused(409, "Conflict") : null, count);
                break;
            case ClusterTrouble.Slow:
                server.Fail(request => IsWrite(request) ? new FakeFault.Held(world.DelayAsync(new(0, count))) : null, count);
                break;
            case ClusterTrouble.Unheard:
                server.Fail(request => IsWrite(request) ? new FakeFault.Dropped(IsDone: true) : null, count);
                break;
            case ClusterTrouble.Away:
                server.Fail(_ => new FakeFault.Dropped(), count * 3);
                server.Watches.ToList().ForEach(watch => watch.Drop());
                break;
            case ClusterTrouble.NodeLost:
                world.Nodes.SetReady(count, isReady: false);
                break;
            case ClusterTrouble.NodeBack:
                world.Nodes.SetReady(count, isReady: true);
                break;
            default:
                break;
        }
    }

    /// <summary>What goes wrong all the time, as the weather has it.</summary>
    public static FakeFault? FaultOf(this ClusterWorld world, FakeRequest request)
    {
        var weather = world.Weather;
        return !IsWrite(request) ? (world.Chance(weather.LostNews) ? new FakeFault.Refused(503, "ServiceUnavailable") : null)
            : request.Verb == "create" && world.Chance(weather.CreationFails) ? new FakeFault.Refused(403, "Forbidden", "exceeded quota: pods")
            : world.Chance(weather.LostOrder) ? new FakeFault.Dropped(IsDone: false)
            : world.Chance(weather.LostNews) ? new FakeFault.Dropped(IsDone: true)
            : world.Chance(weather.StaleNews) ? new FakeFault.AnswerHeld(world.DelayAsync(weather.Network))
            : null;
    }

    private static bool IsWrite(FakeRequest request) => request.Kind == FakeKind.Pods && Writes.Contains(request.Verb);
}
