using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Operations;

/// <summary>Deploys over a function that serves.</summary>
public sealed class RolloutTests
{
    [Fact]
    public async Task A_new_revision_serves_before_the_old_one_goes()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 2);
        await manager.Client.DeployAsync("hello", Compiled.Hello("old"));
        var old = (await manager.AcquireAsync("hello")).Instance;
        var deployed = await manager.Client.DeployAsync("hello", Compiled.Hello("new"));
        var now = (await manager.AcquireAsync("hello")).Instance;
        Assert.Equal(deployed.Revision, now.Revision);
        Assert.NotEqual(old.Id, now.Id);
        Assert.StartsWith("new ", await InstanceCall.TextAsync(now), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revision_that_does_not_start_is_refused_and_the_old_one_goes_on()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 2);
        var before = await manager.Client.DeployAsync("hello", Compiled.Hello("old"));
        var old = (await manager.AcquireAsync("hello")).Instance;
        var broken = Compiled.Function("""
            public sealed class Startup : IFunctionStartup
            {
                public void Configure(IServiceCollection services, IConfiguration configuration) => throw new InvalidOperationException("no database");
            }

            public sealed class Hello : IHttpFunction
            {
                public Task HandleAsync(HttpContext context) => Task.CompletedTask;
            }
            """);
        var refused = await Assert.ThrowsAsync<RpcException>(() => manager.Client.DeployAsync("hello", broken));
        Assert.Equal(Reason.StartupFailed, refused.ReasonOf());
        Assert.Contains("no database", refused.Status.Detail, StringComparison.Ordinal);

        Assert.Equal(before.Revision, (await manager.Client.DescribeAsync("hello")).Revision);
        Assert.Equal(old.Id, (await manager.AcquireAsync("hello")).Instance.Id);
        Assert.StartsWith("old ", await InstanceCall.TextAsync(old), StringComparison.Ordinal);
    }
}
