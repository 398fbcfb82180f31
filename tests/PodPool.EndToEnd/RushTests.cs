using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd;

/// <summary>More functions at once than there are warm pods.</summary>
public sealed class RushTests(TestNamespace space) : EndToEndTests(space)
{
    private const int Functions = 20;

    [ClusterFact]
    public async Task Twenty_functions_first_called_at_the_same_moment_from_a_pool_of_six_are_all_answered()
    {
        await using var pool = await Pool.CreateAsync(Installation, "e2e-rush", warm: 6);
        await Installation.FullAsync(pool.Name);
        var functions = await Space.DeployEchoesAsync("rush", Functions, spec =>
        {
            spec["pool"] = $"{Installation.Namespace}/{pool.Name}";
            spec["timeout"] = "120s";
        });
        var load = await Caller.LoadAsync(functions, callers: Functions, requests: 1);
        var count = (await load.EndAsync()).AllAnswered();
        Assert.Equal(Functions, count.Instances.Count);
        Assert.Equal(6, count.Starts.GetValueOrDefault("pooled"));
        Assert.Equal(Functions - 6, count.Starts.GetValueOrDefault("miss"));
        await PodAudit.NothingLeakedAsync(Installation);

        // As many as were asked for, and not one more.
        var serving = (await Installation.PodsAsync()).Where(pod => Installation.PoolOf(pod) == pool.Name && Installation.StateOf(pod) == "serving").ToList();
        Assert.Equal(Functions, serving.Count);
        foreach (var function in functions)
        {
            await Command.KubectlAsync("-n", Space.Name, "delete", "function", function);
        }
    }
}
