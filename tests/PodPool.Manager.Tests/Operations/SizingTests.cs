using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Operations;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Operations;

/// <summary>What operators see of a pool that sizes itself.</summary>
public sealed class SizingTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_says_why_its_size_is_what_it_is_and_nobody_else_sets_it()
    {
        await using var manager = await ManagerUnderTest.StartAsync(
            warm: 1, options => options with { Pools = [options.Pools[0] with { Size = new() { Auto = new(0.01) { Max = 3 } } }] });
        await manager.Client.DeployAsync("hello", Compiled.Function("public sealed class Hello : IHttpFunction { public Task HandleAsync(HttpContext context) => Task.CompletedTask; }"));
        await manager.AcquireAsync("hello");

        var pool = await UntilAsync(manager, pool => pool.Sizing?.Forecast is { Demand: > 0 });

        Assert.Contains("claims/s now", pool.Sizing.Why, StringComparison.Ordinal);
        Assert.Equal(0.01, pool.Sizing.Forecast.MissProbability);
        Assert.True(pool.Sizing.Forecast.RefillP99.ToTimeSpan() >= pool.Sizing.Forecast.RefillP50.ToTimeSpan());
        Assert.InRange(pool.Size, 1, 3);
        var sized = Assert.Single(pool.Conditions, condition => condition.Type == "Sized");
        Assert.Equal(pool.Sizing.Short, !sized.Status);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await manager.Client.Operator.ResizePoolAsync(new() { Warm = 9 }, cancellationToken: Test));
        Assert.Equal(Reason.InvalidArgument, refused.ReasonOf());
        Assert.Contains("sizes itself", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pool_of_a_fixed_size_says_nothing_of_it()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        var pool = (await manager.Client.Operator.ListPoolsAsync(new(), cancellationToken: Test)).Pools[0];
        Assert.Null(pool.Sizing);
        Assert.DoesNotContain(pool.Conditions, condition => condition.Type == "Sized");
    }

    [Fact]
    public async Task A_schedule_and_a_reserve_are_kept_on_top()
    {
        await using var manager = await ManagerUnderTest.StartAsync(
            warm: 1,
            options => options with
            {
                Pools = [options.Pools[0] with { Size = new() { Schedules = [new("* * * * *", TimeSpan.FromHours(1), 2)], Reserve = new Dictionary<Core.FunctionName, int> { [new("default", "till")] = 1 } } }],
            });
        var pool = await UntilAsync(manager, pool => pool.Warm == 3);
        Assert.Equal((3, 1, "* * * * * UTC"), (pool.Size, pool.Sizing.Reserved, pool.Sizing.Schedule));
    }

    private static async Task<PoolStatus> UntilAsync(ManagerUnderTest manager, Func<PoolStatus, bool> holds)
    {
        // The pool's own view is what operators are given.
        PoolStatus? pool = null;
        await Eventually.IsSoAsync(() => holds(pool = FunctionView.Describe(manager.Pools.Find(PoolOptions.DefaultName)!)));
        return pool!;
    }
}
