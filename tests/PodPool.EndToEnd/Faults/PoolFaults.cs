using System.Text.Json.Nodes;
using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd.Faults;

/// <summary>A pool that cannot have the pods it wants says so, makes no more of them, and keeps nobody waiting longer than need be.</summary>
public sealed class PoolFaults(TestNamespace space) : EndToEndTests(space)
{
    [ClusterFact]
    public async Task Pods_that_no_node_takes_are_told_of_in_a_condition()
    {
        await using var pool = await Pool.CreateAsync(Installation, "e2e-unplaced", warm: 2, spec => spec["nodeSelector"] = new JsonObject { ["podpool.dev/no-such"] = "node" });
        await pool.SaysAsync("no node takes it");
        await AtMostAsync(pool, 2);
        Assert.NotEqual("True", (string?)Installation.ConditionOf(await Installation.PoolAsync(pool.Name), "Ready")?["status"]);
    }

    [ClusterFact]
    public async Task An_image_that_does_not_exist_is_told_of_in_a_condition_and_to_callers()
    {
        await using var pool = await Pool.CreateAsync(Installation, "e2e-imageless", warm: 2, spec => spec["containers"]![0]!["image"] = "no-such.invalid/runtime:1");
        await Space.DeployEchoAsync("imageless", change: spec =>
        {
            spec["pool"] = $"{Installation.Namespace}/{pool.Name}";
            spec["timeout"] = "10s";
        });
        await pool.SaysAsync("no-such.invalid");
        var refused = await Caller.GetAsync(Space.UrlOf("imageless"));
        Assert.Equal(503, refused.Status);
        Assert.Equal("application/problem+json", refused.Headers["content-type"]);
        Note(refused.Body);
        // So many in a row, and then one at a time, more and more rarely.
        await AtMostAsync(pool, 8);
    }

    [ClusterFact]
    public async Task A_template_that_is_mended_is_tried_at_once_and_a_changed_one_replaces_the_warm_pods()
    {
        await using var pool = await Pool.CreateAsync(Installation, "e2e-mended", warm: 2, spec => spec["containers"]![0]!["image"] = "no-such.invalid/runtime:1");
        await pool.SaysAsync("no-such.invalid");
        await ChangeAsync(pool, "image", Installation.RuntimeImage);
        await Installation.FullAsync(pool.Name);
        var first = await PodsOfAsync(pool);

        await ChangeAsync(pool, "terminationMessagePath", "/tmp/end");
        await Eventually.IsSoAsync(async () => await PodsOfAsync(pool) is var now && now.Count == 2 && !now.Overlaps(first) ? null : $"there are {string.Join(", ", now)}");
    }

    private async Task<HashSet<string>> PodsOfAsync(Pool pool)
        => [.. (await Installation.PodsAsync()).Where(pod => Installation.PoolOf(pod) == pool.Name && Installation.StateOf(pod) == "warm" && pod.Metadata.DeletionTimestamp is null).Select(pod => pod.Metadata.Name)];

    private static async Task ChangeAsync(Pool pool, string field, string value) => await Command.KubectlAsync(
        "-n", Installation.Namespace, "patch", "runtimepool", pool.Name, "--type=json", "-p", $$"""[{"op":"add","path":"/spec/template/spec/containers/0/{{field}}","value":"{{value}}"}]""");

    /// <summary>Counts over some time: one that makes pods without end is seen.</summary>
    private async Task AtMostAsync(Pool pool, int pods)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        for (var look = 0; look < 20; look++)
        {
            seen.UnionWith((await Installation.PodsAsync()).Where(pod => Installation.PoolOf(pod) == pool.Name).Select(pod => pod.Metadata.Name));
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        Note($"{seen.Count} pods in 10 s");
        Assert.InRange(seen.Count, 0, pods);
    }
}
