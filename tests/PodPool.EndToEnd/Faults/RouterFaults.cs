using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd.Faults;

/// <summary>One of two routers ends: what it was working on may be lost, and nothing else.</summary>
public sealed class RouterFaults(TestNamespace space) : EndToEndTests(space)
{
    private const int Callers = 8;

    [ClusterFact]
    public async Task A_router_ends_at_once()
    {
        await Space.DeployEchoesAsync("ends", 3);
        var load = await Caller.LoadAsync(["ends-1", "ends-2", "ends-3"], Callers);
        await load.AnsweredAsync(60);
        var router = (await Installation.PartsAsync("router"))[0].Metadata.Name;
        var broke = await load.NowAsync();
        await Installation.DeletePodAsync(Installation.Namespace, router, atOnce: true);
        await Eventually.IsSoAsync(async () => (await Installation.PartsAsync("router")).Count(pod => pod.Metadata.Name != router && pod.Status.ContainerStatuses?.All(status => status.Ready) == true) == 2 ? null : "there are no two routers");
        var gone = await load.NowAsync();
        await load.AnsweredAsync(200);
        (await load.EndAsync()).LostOnly(broke, gone, Callers);
        await PodAudit.NothingLeakedAsync(Installation);
    }

    [ClusterFact("Container")]
    public async Task A_routers_process_dies()
    {
        await Space.DeployEchoesAsync("dies", 3);
        var load = await Caller.LoadAsync(["dies-1", "dies-2", "dies-3"], Callers, query: "?milliseconds=100");
        await load.AnsweredAsync(60);
        var router = (await Installation.PartsAsync("router"))[0].Metadata.Name;
        var broke = await load.NowAsync();
        await Installation.KillAsync(Installation.Namespace, router);
        await load.AnsweredAsync(100);
        var gone = await load.NowAsync();
        await Installation.ReadyAsync();
        await load.AnsweredAsync(100);
        (await load.EndAsync()).LostOnly(broke, gone, Callers);
        await PodAudit.NothingLeakedAsync(Installation);
    }
}
