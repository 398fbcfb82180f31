using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Processes;

/// <summary>A package whose bytes changed after they were checked and stored.</summary>
public sealed class DamagedPackageTests
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_package_that_was_tampered_with_on_disk_starts_nowhere_until_it_is_deployed_again()
    {
        using var folder = new TemporaryFolder();
        var package = Compiled.Hello();
        await using (var first = await ManagerUnderTest.StartAsync(warm: 0, folder: folder))
        {
            await first.Client.DeployAsync("hello", package);
        }

        var stored = Assert.Single(Directory.EnumerateFiles(Path.Combine(folder.Path, "state", "files"), "*", SearchOption.AllDirectories));
        var tampered = package.Files[0].Bytes.ToArray();
        tampered[^1] ^= 1;
        await File.WriteAllBytesAsync(stored, tampered, Test);
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1, folder: folder);

        var refused = await Assert.ThrowsAsync<RpcException>(() => manager.AcquireAsync("hello"));
        Assert.Equal(Reason.FileMissing, refused.ReasonOf());
        Assert.Contains("deploy the function default/hello again", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(Reason.FileMissing, (await manager.Client.DescribeAsync("hello")).LastFailure.Reason);

        // The pod that was claimed for it is gone, and another has taken its place.
        await manager.Client.UntilAsync(pool => pool is { Warm: 1, Claimed: 0, Serving: 0, Draining: 0, Claims: 1 });
        await manager.Client.DeployAsync("hello", package);
        Assert.StartsWith("hello ", await InstanceCall.TextAsync((await manager.AcquireAsync("hello")).Instance), StringComparison.Ordinal);
    }
}
