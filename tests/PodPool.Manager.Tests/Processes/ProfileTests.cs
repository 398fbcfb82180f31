using PodPool.Manager.Claims;
using PodPool.Manager.Tests.Peers;
using Microsoft.Extensions.DependencyInjection;

namespace PodPool.Manager.Tests.Processes;

public sealed class ProfileTests
{
    [Fact]
    public async Task The_first_start_of_a_revision_is_recorded_for_the_next_ones()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        var deployed = await manager.Client.DeployAsync("hello", Compiled.Hello());
        var profiles = manager.Host.Services.GetRequiredService<ProfileStore>();
        var first = await manager.AcquireAsync("hello");
        await InstanceCall.TextAsync(first.Instance);

        // Ending the instance hands over what it recorded.
        await manager.Client.Operator.EvictFunctionAsync(ManagerClient.Name("hello"), cancellationToken: ManagerUnderTest.Test);

        var runtime = $"{Environment.Version}-{System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier}";
        await Eventually.IsSoAsync(() => profiles.Find(new("default", "hello"), deployed.Revision, runtime) is not null);
        var second = await manager.AcquireAsync("hello");
        Assert.NotEqual(first.Instance.Id, second.Instance.Id);
        Assert.StartsWith("hello ", await InstanceCall.TextAsync(second.Instance), StringComparison.Ordinal);

        await manager.Client.Operator.DeleteFunctionAsync(ManagerClient.Name("hello"), cancellationToken: ManagerUnderTest.Test);
        Assert.Null(profiles.Find(new("default", "hello"), deployed.Revision, runtime));
    }
}
