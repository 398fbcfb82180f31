using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Routing;

/// <summary>What routers are told, and what waits for them.</summary>
public sealed class ConnectTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_router_gets_the_whole_first_and_then_what_changed()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        var deployed = await manager.Client.DeployAsync("hello", Compiled.Hello(), spec =>
        {
            spec.Concurrency = 7;
            spec.Hosts.Add("hello.example.org");
        });
        using var router = await TestRouter.ConnectAsync(manager.Client);
        var snapshot = await router.NextAsync();
        Assert.True(snapshot.Snapshot);
        var route = Assert.Single(snapshot.Changed);
        Assert.Equal((deployed.Revision, 7, 60L, "default"), (route.Revision, route.Concurrency, route.Timeout.Seconds, route.Pool));
        Assert.Equal(["hello.example.org"], route.Hosts);
        Assert.Empty(route.Instances);

        var acquired = await manager.AcquireAsync("hello");
        var update = await router.UntilAsync(route => route.Instances.Count == 1);
        Assert.False(update.Snapshot);
        Assert.True(update.Version > snapshot.Version);
        Assert.Equal(acquired.Instance, update.Changed[0].Instances[0]);
        Assert.True(acquired.Instance.Start.Phases.Load > 0, "whichever tells of it first tells how it started");

        using var second = await TestRouter.ConnectAsync(manager.Client, "second");
        Assert.Equal(acquired.Instance, (await second.NextAsync()).Changed[0].Instances[0]);
    }

    [Fact]
    public async Task Deploy_and_delete_return_when_every_router_knows()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 0);
        using var router = await TestRouter.ConnectAsync(manager.Client);
        Assert.Empty((await router.NextAsync()).Changed);
        var deploying = manager.Client.DeployAsync("hello", Compiled.Hello());
        var update = await router.NextAsync();
        Assert.Equal("hello", update.Changed[0].Function.Name);
        Assert.False(deploying.IsCompleted);
        await router.AcknowledgeAllUntilAsync(deploying, update);

        var deleting = manager.Client.Operator.DeleteFunctionAsync(ManagerClient.Name("hello"), cancellationToken: Test).ResponseAsync;
        update = await router.NextAsync();
        Assert.Equal("hello", update.Removed[0].Name);
        Assert.False(deleting.IsCompleted);
        await router.AcknowledgeAllUntilAsync(deleting, update);
    }

    [Fact]
    public async Task An_instance_drains_only_after_the_router_agreed_that_it_is_out_of_routing()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        await manager.Client.DeployAsync("hello", Compiled.Hello());
        using var router = await TestRouter.ConnectAsync(manager.Client);
        var acquired = await manager.AcquireAsync("hello");
        var update = await router.UntilAsync(route => route.Instances.Count == 1);
        await router.AcknowledgeAsync(update.Version);

        var evicting = manager.Client.Operator.EvictFunctionAsync(ManagerClient.Name("hello"), cancellationToken: Test).ResponseAsync;
        update = await router.UntilAsync(route => route.Instances.Count == 0);
        using (var answer = await InstanceCall.GetAsync(acquired.Instance))
        {
            Assert.True(answer.IsSuccessStatusCode, "an instance that is still in a router's table must serve");
        }

        await router.AcknowledgeAsync(update.Version);
        Assert.Equal(1, (await evicting).Evicted);
        Assert.Empty((await manager.Client.DescribeAsync("hello")).Instances);
    }

    [Fact]
    public async Task A_suspicion_that_is_wrong_costs_nothing()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        await manager.Client.DeployAsync("hello", Compiled.Hello());
        using var router = await TestRouter.ConnectAsync(manager.Client);
        var acquired = await manager.AcquireAsync("hello");
        await router.SendAsync(new() { Suspect = new() { InstanceId = acquired.Instance.Id, Reason = Reason.PodGone } });
        await router.SendAsync(new() { Suspect = new() { InstanceId = "default-unknown", Reason = Reason.NotThisInstance } });
        await manager.Pools.SuspectAsync(new(acquired.Instance.Id));
        Assert.Equal(acquired.Instance.Id, (await manager.AcquireAsync("hello")).Instance.Id);
    }

    [Fact]
    public async Task A_router_that_does_not_say_who_it_is_is_refused()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 0);
        using var call = manager.Client.Pool.Connect(cancellationToken: Test);
        await call.RequestStream.WriteAsync(new() { Ack = new() { Version = 1 } }, Test);
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Test));
        Assert.Equal(Reason.InvalidArgument, refused.ReasonOf());
    }

    [Fact]
    public async Task When_the_manager_stops_routers_and_waiting_acquires_hear_so_at_once()
    {
        var manager = await ManagerUnderTest.StartAsync(warm: 0);
        await manager.Client.DeployAsync("hello", Compiled.Hello());
        using var router = await TestRouter.ConnectAsync(manager.Client);
        await router.NextAsync();
        var acquiring = manager.AcquireAsync("hello", TimeSpan.FromMinutes(5));
        await router.SendAsync(new() { Load = new() { Function = ManagerClient.Name("hello"), Sequence = 1, Waiting = 1 } });
        await manager.Client.UntilWaitingAsync("hello");

        await manager.Host.StopAsync(Test);
        Assert.Equal(Reason.ShuttingDown, (await Assert.ThrowsAsync<RpcException>(() => acquiring)).ReasonOf());
        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await router.NextAsync();
            }
        });
        await manager.DisposeAsync();
    }
}
