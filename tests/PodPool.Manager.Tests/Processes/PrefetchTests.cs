using PodPool.Core;
using PodPool.Manager.Loader;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Processes;

public sealed class PrefetchTests
{
    private static readonly TestPackage Large = Compiled.Hello().With("data.bin", new byte[PrefetchPlan.SmallestPackage]);

    [Fact]
    public async Task Warm_pods_hold_the_files_of_what_is_deployed_and_a_start_takes_them()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 2);
        var deployed = await manager.Client.DeployAsync("hello", Large);
        await UntilHeldAsync(manager, deployed.PackageDigest, pods: 2);

        var acquired = await manager.AcquireAsync("hello");

        Assert.StartsWith("hello ", await InstanceCall.TextAsync(acquired.Instance), StringComparison.Ordinal);

        // The pod that comes for the one that was taken is given them too.
        await UntilHeldAsync(manager, deployed.PackageDigest, pods: 2);
    }

    [Fact]
    public async Task What_is_deleted_is_dropped()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        var deployed = await manager.Client.DeployAsync("hello", Large);
        await UntilHeldAsync(manager, deployed.PackageDigest, pods: 1);

        await manager.Client.Operator.DeleteFunctionAsync(ManagerClient.Name("hello"), cancellationToken: ManagerUnderTest.Test);

        await UntilAsync(manager, link => link.HeldFiles.Count == 0 && link.HeldPackages.Count == 0, pods: 1);
    }

    [Fact]
    public async Task What_is_larger_than_the_budget_comes_with_the_claim()
    {
        await using var manager = await ManagerUnderTest.StartAsync(
            warm: 1, change: options => options with { Pools = [options.Pools[0] with { PrefetchBytes = 1 }] });
        await manager.Client.DeployAsync("hello", Large);

        var acquired = await manager.AcquireAsync("hello");

        Assert.StartsWith("hello ", await InstanceCall.TextAsync(acquired.Instance), StringComparison.Ordinal);
        Assert.All(manager.Pods.All, pod => Assert.Empty(pod.Link.HeldFiles));
    }

    private static Task UntilHeldAsync(ManagerUnderTest manager, string package, int pods)
        => UntilAsync(manager, link => link.Observation.Phase == PodPhase.Warm && link.HeldPackages.SetEquals([package]), pods);

    private static Task UntilAsync(ManagerUnderTest manager, Func<PodLink, bool> holds, int pods)
        => Eventually.IsSoAsync(() => manager.Pods.All.Count(pod => holds(pod.Link)) == pods);
}
