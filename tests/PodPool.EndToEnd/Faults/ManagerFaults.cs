using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd.Faults;

/// <summary>Managers end while functions are called, also ones that have no instance yet.</summary>
public sealed class ManagerFaults(TestNamespace space) : EndToEndTests(space)
{
    [ClusterFact]
    public async Task The_leader_ends_at_once_and_another_leads()
    {
        await Space.DeployEchoesAsync("leader", 3);
        var cold = await Space.DeployEchoesAsync("leader-cold", 2);
        var load = await Caller.LoadAsync(["leader-1", "leader-2", "leader-3"], callers: 6);
        await load.AnsweredAsync(60);
        await Installation.FullAsync("default");

        var leader = await Installation.LeaderAsync();
        var instances = await NamesAsync("leader-1", "leader-2", "leader-3");
        await Installation.DeletePodAsync(Installation.Namespace, leader, atOnce: true);

        // Asked for while nobody leads: held until somebody does.
        var first = await Task.WhenAll(cold.Select(name => Caller.GetAsync(Space.UrlOf(name))));
        Assert.All(first, answer => answer.Succeeded());
        Note($"first requests without a leader: {string.Join(", ", first.Select(answer => $"{answer.Milliseconds:0} ms {answer.Start}"))}");
        await Eventually.IsSoAsync(async () => await Installation.LeaderAsync() is { Length: > 0 } next && next != leader ? null : "nobody else leads");
        await load.AnsweredAsync(200);
        (await load.EndAsync()).AllAnswered();
        Assert.Equal(instances, await NamesAsync("leader-1", "leader-2", "leader-3"));
        await Installation.ReadyAsync();
        await PodAudit.NothingLeakedAsync(Installation);
    }

    [ClusterFact("Container")]
    public async Task The_leaders_process_dies_and_another_leads()
    {
        await Space.DeployEchoesAsync("dies", 3);
        var cold = await Space.DeployEchoesAsync("dies-cold", 2);
        var load = await Caller.LoadAsync(["dies-1", "dies-2", "dies-3"], callers: 6);
        await load.AnsweredAsync(60);
        await Installation.FullAsync("default");
        var leader = await Installation.LeaderAsync();
        await Installation.KillAsync(Installation.Namespace, leader);
        var first = await Task.WhenAll(cold.Select(name => Caller.GetAsync(Space.UrlOf(name))));
        Assert.All(first, answer => answer.Succeeded());
        Note($"first requests without a leader: {string.Join(", ", first.Select(answer => $"{answer.Milliseconds:0} ms {answer.Start}"))}");
        await load.AnsweredAsync(200);
        (await load.EndAsync()).AllAnswered();
        await Installation.ReadyAsync();
        await PodAudit.NothingLeakedAsync(Installation);
    }

    [ClusterFact]
    public async Task Both_managers_end_at_once_and_functions_with_an_instance_do_not_notice()
    {
        await Space.DeployEchoesAsync("both", 3);
        await Space.DeployEchoAsync("both-cold");
        var load = await Caller.LoadAsync(["both-1", "both-2", "both-3"], callers: 6);
        await load.AnsweredAsync(60);
        await Installation.FullAsync("default");
        var instances = await NamesAsync("both-1", "both-2", "both-3");
        await Task.WhenAll((await Installation.PartsAsync("manager")).Select(pod => Installation.DeletePodAsync(Installation.Namespace, pod.Metadata.Name, atOnce: true)));
        await load.AnsweredAsync(100);
        var first = (await Caller.GetAsync(Space.UrlOf("both-cold"))).Succeeded();
        Note($"a first request without any manager: {first.Milliseconds:0} ms {first.Start}");
        await Installation.ReadyAsync();
        await load.AnsweredAsync(100);
        (await load.EndAsync()).AllAnswered();
        Assert.Equal(instances, await NamesAsync("both-1", "both-2", "both-3"));
        await PodAudit.NothingLeakedAsync(Installation);
    }

    [ClusterFact]
    public async Task Managers_and_routers_are_restarted_one_after_the_other_and_nobody_notices()
    {
        await Space.DeployEchoesAsync("rolling", 3);
        var load = await Caller.LoadAsync(["rolling-1", "rolling-2", "rolling-3"], callers: 6);
        await load.AnsweredAsync(60);
        await Installation.FullAsync("default");
        await Command.KubectlAsync("-n", Installation.Namespace, "rollout", "restart", "deployment/podpool-manager", "deployment/podpool-router");
        foreach (var name in new[] { "podpool-manager", "podpool-router" })
        {
            await Command.KubectlAsync("-n", Installation.Namespace, "rollout", "status", $"deployment/{name}", "--timeout=180s");
        }

        // The last of the old ones are still on their way out.
        await Eventually.IsSoAsync(async () => await Installation.LeavingAsync() is { Count: > 0 } leaving ? $"{string.Join(", ", leaving)} still there" : null);
        await load.AnsweredAsync(100);
        (await load.EndAsync()).AllAnswered();
        await PodAudit.NothingLeakedAsync(Installation);
    }

    private async Task<IReadOnlyList<string>> NamesAsync(params string[] functions)
        => [.. (await Task.WhenAll(functions.Select(Space.InstancesAsync))).SelectMany(pods => pods).Select(pod => pod.Metadata.Name).Order(StringComparer.Ordinal)];
}
