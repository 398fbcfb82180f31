using k8s;
using k8s.Models;
using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd.Faults;

/// <summary>
/// A whole node is lost, with the leading manager, a router and half of the pods. Callers who are sent to the lost router by the cluster's own routing get no
/// connection until the cluster notices; what is promised is about requests that got in.
/// </summary>
public sealed class NodeFaults(TestNamespace space) : EndToEndTests(space)
{
    private const int Callers = 8;

    /// <summary>The one that is lost: neither the registry's, whose packages may be in memory only, nor the caller's.</summary>
    private string _node = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        if (Settings.WhyNot is not null)
        {
            return;
        }

        await Installation.ReadyAsync();
        var safe = Assert.Single(await Installation.PartsAsync("registry")).Spec.NodeName;
        var nodes = (await Installation.Client.CoreV1.ListNodeAsync(cancellationToken: TestContext.Current.CancellationToken)).Items.Select(node => node.Metadata.Name).ToList();
        Assert.SkipUnless(nodes.Count > 1, "there is one node only");
        _node = nodes.First(node => node != safe);
        Caller.Node = safe;

        // Of managers and routers one is there and one is not, and the leader is there: the harder case.
        await SpreadAsync("router", safe);
        await SpreadAsync("manager", safe);
        if (await LeadersNodeAsync() == safe)
        {
            await MoveAsync("manager", await Installation.LeaderAsync(), safe);
            await Eventually.IsSoAsync(async () => await LeadersNodeAsync() == _node ? null : $"the leader is not on {_node}");
        }

        Note($"{_node} is lost, the leader is on {await LeadersNodeAsync()}");
    }

    [ClusterFact("Node")]
    public Task A_node_crashes() => LostAsync("crash", Settings.NodeCrash!, Settings.NodeBoot!);

    [ClusterFact("Network")]
    public Task A_node_is_cut_off_and_comes_back() => LostAsync("cut", Settings.NodeCut!, Settings.NodeMend!);

    private async Task LostAsync(string name, string lose, string regain)
    {
        var warmed = await Space.DeployEchoesAsync(name, 4);
        var cold = await Space.DeployEchoesAsync($"{name}-cold", 2);
        var load = await Caller.LoadAsync(warmed, Callers);
        await load.AnsweredAsync(100);
        var there = (await Installation.PodsAsync()).Where(pod => pod.Spec.NodeName == _node).Select(pod => $"{pod.Metadata.Name} {Installation.StateOf(pod)}").ToList();
        Note($"on the node: {string.Join(", ", there)}");
        var broke = await load.NowAsync();
        long gone;
        await Command.BreakAsync(lose, _node);
        try
        {
            // Before the cluster has noticed.
            var early = await Caller.GetAsync(Space.UrlOf(cold[0]));
            Note($"a first request at once: {early.Status} after {early.Milliseconds:0} ms {early.Start} {(early.Status == 200 ? "" : early.Body.Split('\n')[0])}");
            await Eventually.IsSoAsync(async () => await IsReadyAsync() ? "the node is still said to be ready" : null);
            await Eventually.IsSoAsync(async () => await LeadersNodeAsync() is { } node && node != _node ? null : "nobody else leads");
            gone = await load.NowAsync();
            await load.AnsweredAsync(200);
            (await Caller.GetAsync(Space.UrlOf(cold[1]))).Succeeded();
            await Installation.FullAsync("default");
        }
        finally
        {
            await Command.BreakAsync(regain, _node);
        }

        await Eventually.IsSoAsync(async () => await IsReadyAsync() ? null : "the node does not come back");
        await load.AnsweredAsync(200);
        (await load.EndAsync()).LostOnly(broke, gone, atMost: 4 * Callers);
        await Installation.ReadyAsync();
        await PodAudit.NothingLeakedAsync(Installation);
    }

    private async Task SpreadAsync(string component, string safe)
    {
        var pods = await Installation.PartsAsync(component);
        if (pods.Select(pod => pod.Spec.NodeName).Distinct().Count() == 1)
        {
            var leader = await Installation.LeaderAsync();
            await MoveAsync(component, pods.First(pod => pod.Metadata.Name != leader).Metadata.Name, pods[0].Spec.NodeName == safe ? _node : safe);
        }
    }

    /// <summary>Ends a pod, and lets the next one start on a node.</summary>
    private async Task MoveAsync(string component, string pod, string to)
    {
        var other = to == _node ? (await Installation.PartsAsync("registry"))[0].Spec.NodeName : _node;
        await Command.KubectlAsync("cordon", other);
        try
        {
            await Installation.DeletePodAsync(Installation.Namespace, pod, atOnce: false);
            await Command.KubectlAsync("-n", Installation.Namespace, "rollout", "status", $"deployment/podpool-{component}", "--timeout=180s");
        }
        finally
        {
            await Command.KubectlAsync("uncordon", other);
        }

        await Installation.ReadyAsync();
    }

    private async Task<bool> IsReadyAsync()
    {
        var node = await Installation.Client.CoreV1.ReadNodeAsync(_node, cancellationToken: TestContext.Current.CancellationToken);
        return node.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "True" });
    }

    private async Task<string?> LeadersNodeAsync()
    {
        var leader = await Installation.LeaderAsync();
        return (await Installation.PartsAsync("manager")).FirstOrDefault(pod => pod.Metadata.Name == leader)?.Spec.NodeName;
    }
}
