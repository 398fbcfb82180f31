using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Packages;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Packages;

public sealed class PackageStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_is_held_once_whoever_brings_it()
    {
        var (file, bytes) = File(100_000);
        var store = Open();
        Assert.False(store.Holds(file));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StoreAsync(store, file, bytes)));

        Assert.True(store.Holds(file));
        var kept = Assert.Single(FilesIn("files"));
        Assert.Equal(bytes, await System.IO.File.ReadAllBytesAsync(kept, Test));
        Assert.Empty(FilesIn("incoming"));
        Assert.True(Open().Holds(file));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Bytes_that_are_not_what_was_announced_are_refused_and_nothing_is_kept(int more)
    {
        var (file, bytes) = File(1000);
        var other = new byte[bytes.Length + more];
        var store = Open();
        var refused = await Assert.ThrowsAsync<RpcException>(() => StoreAsync(store, file, other));
        Assert.Equal(Reason.DigestMismatch, refused.ReasonOf());
        Assert.False(store.Holds(file));
        Assert.Empty(FilesIn("files"));
        Assert.Empty(FilesIn("incoming"));
    }

    [Fact]
    public async Task What_an_earlier_manager_did_not_finish_to_receive_is_removed()
    {
        var (file, bytes) = File(1000);
        var incoming = Open().Receive(file);
        await incoming.WriteAsync(bytes.AsMemory(0, 10), Test);
        Assert.Single(FilesIn("incoming"));

        Assert.False(Open().Holds(file));
        Assert.Empty(FilesIn("incoming"));
        incoming.Dispose();
    }

    [Fact]
    public async Task Files_of_no_function_are_collected_when_nobody_asked_for_them_for_a_while()
    {
        var (needed, neededBytes) = File(10);
        var (stale, staleBytes) = File(20);
        var (asked, askedBytes) = File(30);
        var store = Open();
        await StoreAsync(store, needed, neededBytes);
        await StoreAsync(store, stale, staleBytes);
        await StoreAsync(store, asked, askedBytes);
        _time.Advance(TimeSpan.FromHours(2));
        Assert.True(store.Holds(asked));

        Assert.Equal(1, store.Collect(new HashSet<ByteString> { needed.Sha256 }, TimeSpan.FromHours(1)));
        Assert.Equal((true, false, true), (store.Holds(needed), store.Holds(stale), store.Holds(asked)));
    }

    [Theory]
    [InlineData(31, 1, Reason.InvalidArgument)]
    [InlineData(32, -1, Reason.PackageTooLarge)]
    [InlineData(32, (512L << 20) + 1, Reason.PackageTooLarge)]
    public void An_announcement_outside_the_limits_is_refused(int digestLength, long size, Reason reason)
    {
        var file = new PackageFile { Sha256 = ByteString.CopyFrom(new byte[digestLength]), Size = size };
        Assert.Equal(reason, Assert.Throws<RpcException>(() => Open().Receive(file)).ReasonOf());
    }

    private PackageStore Open() => new(ManagerUnderTest.OptionsFor(_folder.Path), _time, NullLogger<PackageStore>.Instance);

    private string[] FilesIn(string folder) => Directory.GetFiles(Path.Combine(_folder.Path, "state", folder), "*", SearchOption.AllDirectories);

    internal static (PackageFile File, byte[] Bytes) File(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        return (TestPackage.Describe("file", bytes), bytes);
    }

    internal static async Task StoreAsync(PackageStore store, PackageFile file, byte[] bytes)
    {
        using var incoming = store.Receive(file);
        foreach (var part in bytes.Chunk(4096))
        {
            await incoming.WriteAsync(part, Test);
        }

        await incoming.FinishAsync(Test);
    }
}
