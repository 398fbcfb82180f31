using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Processes;

/// <summary>What a pod's process gets of its manager's surroundings.</summary>
public sealed class PodEnvironmentTests
{
    [Fact]
    public async Task A_pod_gets_where_things_are_and_one_native_arena_and_nothing_else_of_its_manager()
    {
        Environment.SetEnvironmentVariable("PASSWORD_OF_THE_MANAGER", "hidden");
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        await manager.Client.DeployAsync("curious", Compiled.Function("""
            public sealed class Curious : IHttpFunction
            {
                public async Task HandleAsync(HttpContext context)
                    => await context.Response.WriteAsync((await File.ReadAllTextAsync("/proc/self/environ")).Replace('\0', '\n'));
            }
            """));
        var acquired = await manager.AcquireAsync("curious");
        var variables = (await InstanceCall.TextAsync(acquired.Instance)).Split('\n');

        Assert.Contains($"PATH={Environment.GetEnvironmentVariable("PATH")}", variables);
        Assert.Contains($"MALLOC_ARENA_MAX={Environment.GetEnvironmentVariable("MALLOC_ARENA_MAX") ?? "1"}", variables);
        Assert.DoesNotContain(variables, variable => variable.StartsWith("PASSWORD_OF_THE_MANAGER", StringComparison.Ordinal));
    }
}
