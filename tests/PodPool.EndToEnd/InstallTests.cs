using k8s;
using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd;

/// <summary>What stands after the two commands of the instructions.</summary>
public sealed class InstallTests(Installation installation)
{
    [ClusterFact]
    public async Task One_of_two_managers_leads_and_the_default_pool_is_full_and_says_so()
    {
        var managers = await installation.PartsAsync("manager");
        Assert.Equal(2, managers.Count);
        Assert.Contains(await installation.LeaderAsync(), managers.Select(pod => pod.Metadata.Name));
        Assert.Equal(2, (await installation.PartsAsync("router")).Count);
        await Eventually.IsSoAsync(async () =>
        {
            var pool = await installation.PoolAsync("default");
            return (string?)Installation.ConditionOf(pool, "Ready")?["status"] == "True" && (int?)pool["status"]?["warm"] == 4 ? null : pool["status"]?.ToJsonString() ?? "no status";
        });
        await PodAudit.NothingLeakedAsync(installation);
    }

    [ClusterFact]
    public async Task Installing_again_changes_nothing()
    {
        var before = await NamesAsync();
        await installation.InstallAsync();
        Assert.Equal(before, await NamesAsync());
    }

    private async Task<IReadOnlyList<string>> NamesAsync()
        => [.. (await installation.Client.CoreV1.ListNamespacedPodAsync(Installation.Namespace, cancellationToken: TestContext.Current.CancellationToken)).Items.Select(pod => pod.Metadata.Name).Order(StringComparer.Ordinal)];
}
