using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.WebConsole.Advice;

/// <summary>What a manager with real pods remembers of them.</summary>
public sealed class RememberedClaimsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task A_first_request_is_remembered_once_whether_a_pod_was_warm_or_not(int warm)
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm, options => options with { Console = "http://127.0.0.1:0" });
        await manager.Client.DeployAsync("hello", Compiled.Hello());
        await manager.AcquireAsync("hello");

        var trace = manager.Pools.Find("default")!.Trace!;
        await Eventually.IsSoAsync(() => trace.Claims.Read().Ticks.Count == 1);
        Assert.NotEmpty(trace.Refills.After(0).Items);
        Assert.All(trace.Refills.After(0).Items, took => Assert.True(took > TimeSpan.Zero));
        await Eventually.IsSoAsync(() => trace.Starts.After(0).Items is [var took] && took > TimeSpan.Zero);
    }

    [Fact]
    public async Task Where_nobody_can_ask_nothing_is_remembered()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 0);
        Assert.Null(manager.Pools.Find("default")!.Trace);
    }
}
