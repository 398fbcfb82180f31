using k8s.Models;
using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd.Faults;

/// <summary>Generic pods end while their pool is used: only what was running in them may be lost.</summary>
public sealed class PodFaults(TestNamespace space) : EndToEndTests(space)
{
    [ClusterFact]
    public Task Warm_pods_that_end_are_replaced_and_no_request_goes_to_them()
        => HalfOfThemAsync("ends", pod => Installation.DeletePodAsync(Installation.Namespace, pod.Metadata.Name, atOnce: true));

    [ClusterFact("Container")]
    public Task Warm_pods_whose_process_dies_are_replaced_and_no_request_goes_to_them() => HalfOfThemAsync("dies", Installation.KillAsync);

    private async Task HalfOfThemAsync(string name, Func<V1Pod, Task> end)
    {
        var functions = await Space.DeployEchoesAsync(name, 2);
        await Installation.FullAsync("default");
        var warm = (await Installation.PodsAsync()).Where(pod => Installation.StateOf(pod) == "warm" && Installation.PoolOf(pod) == "default").ToList();
        await Task.WhenAll(warm.Take(warm.Count / 2).Select(end));
        var load = await Caller.LoadAsync(functions, callers: 4, requests: 20);
        var count = (await load.EndAsync()).AllAnswered();
        Assert.Equal(80, count.Answered);
        await PodAudit.NothingLeakedAsync(Installation);
    }

    [ClusterFact]
    public async Task A_pod_that_ends_while_it_is_claimed_costs_time_and_no_request()
    {
        var functions = await Space.DeployEchoesAsync("claimed", 4);
        await Installation.FullAsync("default");
        var load = await Caller.LoadAsync(functions, callers: 8, requests: 20);

        // Whatever was just claimed; if one is faster it serves already, and the requests it was working on are lost with it.
        string? victim = null;
        await Eventually.IsSoAsync(async () => (victim = (await Installation.PodsAsync()).FirstOrDefault(pod => Installation.StateOf(pod) is "claimed" or "serving" && pod.Metadata.Labels["podpool.dev/function-namespace"] == Space.Name && pod.Metadata.Labels["podpool.dev/function"].StartsWith("claimed", StringComparison.Ordinal))?.Metadata.Name) is null ? "none is claimed" : null);
        var broke = await load.NowAsync();
        await Installation.DeletePodAsync(Installation.Namespace, victim!, atOnce: true);
        (await load.EndAsync()).LostOnly(broke, broke + 15_000, 8);
        await PodAudit.NothingLeakedAsync(Installation);
    }

    [ClusterFact]
    public async Task A_serving_pod_that_is_told_to_end_loses_nothing()
    {
        await Space.DeployEchoAsync("told");
        var load = await Caller.LoadAsync(["told"], callers: 4, query: "?milliseconds=100");
        await load.AnsweredAsync(40);
        await Installation.FullAsync("default");
        var pod = (await Space.InstanceAsync("told")).Metadata.Name;
        await Installation.DeletePodAsync(Installation.Namespace, pod, atOnce: false);
        await Eventually.IsSoAsync(async () => (await Space.InstancesAsync("told")).Any(other => other.Metadata.Name != pod) ? null : "there is no other instance");
        await load.AnsweredAsync(60);
        (await load.EndAsync()).AllAnswered();
        await PodAudit.NothingLeakedAsync(Installation);
    }

    [ClusterFact]
    public async Task A_serving_process_that_dies_loses_what_ran_in_it_alone()
    {
        await Space.DeployEchoAsync("gone");
        var load = await Caller.LoadAsync(["gone"], callers: 4, query: "?milliseconds=100");
        await load.AnsweredAsync(40);
        await Installation.FullAsync("default");
        var pod = (await Space.InstanceAsync("gone")).Metadata.Name;
        var broke = await load.NowAsync();
        var end = await Caller.GetAsync(Space.UrlOf("gone", "?end"));
        Assert.Equal(502, end.Status);
        await Eventually.IsSoAsync(async () => (await Space.InstancesAsync("gone")).Any(other => other.Metadata.Name != pod) ? null : "there is no other instance");
        var gone = await load.NowAsync();
        await load.AnsweredAsync(60);
        var count = (await load.EndAsync()).LostOnly(broke, gone, 4);
        Assert.All(count.Failures, failure => Assert.StartsWith("502 ", failure.Kind, StringComparison.Ordinal));
        await PodAudit.NothingLeakedAsync(Installation);
    }
}
