using PodPool.Contracts.V1;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Processes;

public sealed class FirstStartTests
{
    [Fact]
    public async Task A_deployed_function_is_started_in_a_warm_pod_when_a_router_asks()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 2);
        var deployed = await manager.Client.DeployAsync("hello", Compiled.Hello());
        var acquired = await manager.AcquireAsync("hello");

        Assert.Equal(deployed.Revision, acquired.Instance.Revision);
        var start = acquired.Instance.Start;
        Assert.False(start.Miss);
        Assert.True(start.Phases is { Claim: > 0, Load: > 0, Transfer: > 0 }, start.ToString());
        Assert.StartsWith("hello ", await InstanceCall.TextAsync(acquired.Instance), StringComparison.Ordinal);

        var status = await manager.Client.DescribeAsync("hello");
        Assert.Equal([acquired.Instance.Id], status.Instances.Select(instance => instance.Id));
        Assert.Equal(PodPhase.PodServing, status.Instances[0].Phase);
        Assert.Equal(acquired.Instance.Id, status.LastStart.InstanceId);
        Assert.Equal(start.Phases, new(status.LastStart.Phases) { Queue = 0 });
    }
}
