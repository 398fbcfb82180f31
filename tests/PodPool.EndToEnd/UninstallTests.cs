using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd;

/// <summary>The last: what the instructions say takes away what they put there.</summary>
public sealed class UninstallTests(Installation installation)
{
    [ClusterFact]
    public async Task Nothing_is_left()
    {
        await installation.UninstallAsync();
        await Eventually.IsSoAsync(async () =>
        {
            var kinds = (await Command.KubectlAsync("api-resources", "--verbs=list", "-o", "name")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(kind => !kind.StartsWith("events", StringComparison.Ordinal) && !kind.Contains("metrics.k8s.io", StringComparison.Ordinal));
            var left = await Command.KubectlAsync("get", string.Join(',', kinds), "--all-namespaces", "--ignore-not-found", "-o", "name");
            var ours = left.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(name => name.Contains("podpool", StringComparison.Ordinal)).ToList();
            return ours.Count == 0 ? null : $"left: {string.Join(", ", ours)}";
        });
        Assert.Empty(await installation.PodsAsync());
    }
}
