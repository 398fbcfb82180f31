using Microsoft.Extensions.DependencyInjection;
using PodPool.Core;
using PodPool.Manager.Operations;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Operations;

/// <summary>Who ends the instances of a function is answered when they are gone.</summary>
public sealed class EvictTests
{
    [Fact]
    public async Task Who_waits_until_a_pod_is_gone_is_woken_although_its_pool_knew_already()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        await manager.Client.DeployAsync("hello", Compiled.Hello());
        var id = new PodId((await manager.AcquireAsync("hello")).Instance.Id);
        await manager.Client.UntilWarmAsync(1);
        var pod = manager.Pods.Find(id)!.Pod;

        // Its processes have ended, and then its object changes once more, before it is deleted.
        manager.Pools.Gone(id, "it ended");
        manager.Pools.Seen(pod with { LoaderAddress = null });
        Assert.Null(manager.Pods.Find(id));
        var next = manager.Host.Services.GetRequiredService<EventJournal>().Next;
        manager.Pools.Gone(id, "it was deleted");

        Assert.Null(manager.Pods.Find(id));
        Assert.True(next.IsCompleted);
    }
}
