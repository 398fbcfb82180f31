using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Leading;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Leading;

/// <summary>What a manager does, and does not, while it does not lead.</summary>
public sealed class LeadershipTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_manager_that_does_not_lead_tells_routers_nothing_until_it_does_and_then_all_at_once()
    {
        var leadership = new Leadership();
        leadership.Begin(6);
        await using var manager = await StartAsync(leadership);
        await manager.Client.DeployAsync("hello", Compiled.Hello());
        leadership.End();
        using var router = await TestRouter.ConnectAsync(manager.Client);
        var told = router.NextAsync();
        await RefusedAsync(manager.AcquireAsync("hello"));
        Assert.False(told.IsCompleted);

        leadership.Begin(7);

        var snapshot = await told;
        Assert.Equal((true, 7UL, "hello"), (snapshot.Snapshot, snapshot.Epoch, Assert.Single(snapshot.Changed).Function.Name));
        var deleting = manager.Client.Operator.DeleteFunctionAsync(ManagerClient.Name("hello"), cancellationToken: Test).ResponseAsync;
        var update = await router.NextAsync();
        Assert.Equal((false, 7UL), (update.Snapshot, update.Epoch));
        await router.AcknowledgeAllUntilAsync(deleting, update);
    }

    [Fact]
    public async Task When_its_time_is_over_routers_and_waiting_acquires_hear_so_at_once()
    {
        var leadership = new Leadership();
        leadership.Begin(1);
        await using var manager = await StartAsync(leadership);
        await manager.Client.DeployAsync("hello", Compiled.Hello());
        using var router = await TestRouter.ConnectAsync(manager.Client);
        await router.NextAsync();
        var acquiring = manager.AcquireAsync("hello", TimeSpan.FromMinutes(5));
        await manager.Client.UntilWaitingAsync("hello");

        leadership.End();

        await RefusedAsync(acquiring);
        await RefusedAsync(EndAsync());

        async Task EndAsync()
        {
            while (true)
            {
                await router.NextAsync();
            }
        }
    }

    [Fact]
    public async Task A_manager_that_does_not_lead_changes_nothing_and_answers_what_is_only_asked()
    {
        var leadership = new Leadership();
        leadership.Begin(1);
        await using var manager = await StartAsync(leadership);
        await manager.Client.DeployAsync("hello", Compiled.Hello());
        var before = (await manager.Client.DescribeAsync("hello")).Spec;
        leadership.End();
        var operations = manager.Client.Operator;

        await RefusedAsync(operations.DeployAsync(new() { Spec = before }, cancellationToken: Test).ResponseAsync);
        await RefusedAsync(operations.DeleteFunctionAsync(ManagerClient.Name("hello"), cancellationToken: Test).ResponseAsync);
        await RefusedAsync(operations.EvictFunctionAsync(ManagerClient.Name("hello"), cancellationToken: Test).ResponseAsync);
        await RefusedAsync(operations.ResizePoolAsync(new() { Warm = 1 }, cancellationToken: Test).ResponseAsync);

        Assert.Equal(before, (await manager.Client.DescribeAsync("hello")).Spec);
        Assert.Equal(0, (await manager.Client.PoolAsync()).Size);
    }

    [Fact]
    public async Task A_manager_that_is_alone_leads_always_in_epoch_0()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 0);
        using var router = await TestRouter.ConnectAsync(manager.Client);

        var snapshot = await router.NextAsync();
        Assert.Equal((true, 0UL), (snapshot.Snapshot, snapshot.Epoch));
    }

    [Fact]
    public async Task A_term_begins_once_ends_once_and_tells_who_waits()
    {
        var leadership = new Leadership();
        Assert.Null(leadership.Current);
        leadership.End();
        var waiting = leadership.WhenLeadsAsync(Test);
        leadership.Begin(3);

        var term = await waiting;
        Assert.Equal(3UL, term.Epoch);
        Assert.Same(term, leadership.Current);
        Assert.Throws<InvalidOperationException>(() => leadership.Begin(4));
        Assert.False(term.Over.IsCancellationRequested);

        leadership.End();
        Assert.True(term.Over.IsCancellationRequested);
        Assert.Null(leadership.Current);
        Assert.False(leadership.WhenLeadsAsync(Test).IsCompleted);
        Assert.Equal(Reason.NotLeader, Assert.Throws<RpcException>(() => leadership.Require()).ReasonOf());
        leadership.Begin(5);
        Assert.Equal(5UL, leadership.Require().Epoch);
    }

    private static Task<ManagerUnderTest> StartAsync(Leadership leadership) => ManagerUnderTest.StartAsync(
        warm: 0, configure: builder => builder.Services.AddSingleton(leadership));

    private static async Task RefusedAsync(Task asked)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => asked);
        Assert.Equal((StatusCode.Unavailable, Reason.NotLeader), (refused.StatusCode, refused.ReasonOf()));
    }
}
