using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd;

/// <summary>More functions at once than there are warm pods.</summary>
public sealed class RushTests(TestNamespace space) : EndToEndTests(space)
{
    private const int Functions = 20;

    [ClusterFact]
    public async Task Twenty_functions_first_called_at_the_same_moment_from_a_pool_of_six_are_all_answered_or_told_to_come_again()
    {
        await using var pool = await Pool.CreateAsync(Installation, "e2e-rush", warm: 6);
        await Installation.FullAsync(pool.Name);
        var functions = await Space.DeployEchoesAsync("rush", Functions, spec =>
        {
            spec["pool"] = $"{Installation.Namespace}/{pool.Name}";
            spec["timeout"] = "120s";
        });
        // Pods take what time they take to start here: who waited as long as a request is held is told so, and comes again.
        IReadOnlyList<string> left = functions;
        for (var turn = 0; left.Count > 0; turn++)
        {
            Assert.True(turn < 5, $"{left.Count} functions were refused {turn} times");
            var load = await Caller.LoadAsync(left, callers: left.Count, requests: 1);
            var count = (await load.EndAsync()).Accounted();
            Assert.All(count.Failures, failure => Assert.Equal("503 POOL_EMPTY", failure.Kind));
            if (turn == 0)
            {
                Assert.Equal(6, count.Starts.GetValueOrDefault("pooled"));
            }

            left = [.. count.Failures.Select(failure => failure.Function.Split('/')[^1])];
        }

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
