using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Contracts.V1;
using PodPool.Manager.Packages;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Packages;

public sealed class FileCacheTests : IDisposable
{
    private const int Size = 1000;

    private readonly TemporaryFolder _folder = new();
    private readonly PackageStore _store;

    public FileCacheTests() => _store = new(ManagerUnderTest.OptionsFor(_folder.Path), TimeProvider.System, NullLogger<PackageStore>.Instance);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_in_memory_needs_no_disk()
    {
        var cache = new FileCache(_store, 10 * Size);
        var (file, bytes) = await StoredAsync(Size);
        (await cache.LeaseAsync(file)).Dispose();
        DeleteAll();

        using var lease = await cache.LeaseAsync(file);
        Assert.Equal(bytes, lease.Chunks.SelectMany(chunk => chunk.ToByteArray()));
    }

    [Fact]
    public async Task A_large_file_comes_in_chunks_that_fit_a_message()
    {
        var (file, bytes) = await StoredAsync((2 * FileCache.ChunkSize) + 1);
        using var lease = await new FileCache(_store, 10 << 20).LeaseAsync(file);
        Assert.Equal([FileCache.ChunkSize, FileCache.ChunkSize, 1], lease.Chunks.Select(chunk => chunk.Length));
        Assert.Equal(bytes, lease.Chunks.SelectMany(chunk => chunk.ToByteArray()));
    }

    [Fact]
    public async Task An_empty_file_has_no_chunk()
    {
        var (file, _) = await StoredAsync(0);
        using var lease = await new FileCache(_store, 10 << 20).LeaseAsync(file);
        Assert.Empty(lease.Chunks);
    }

    [Fact]
    public async Task What_was_not_used_for_longest_makes_room()
    {
        var cache = new FileCache(_store, 2 * Size);
        var (first, _) = await StoredAsync(Size);
        var (second, _) = await StoredAsync(Size);
        var (third, _) = await StoredAsync(Size);
        (await cache.LeaseAsync(first)).Dispose();
        (await cache.LeaseAsync(second)).Dispose();
        (await cache.LeaseAsync(first)).Dispose();
        (await cache.LeaseAsync(third)).Dispose();
        Assert.Equal(2 * Size, cache.Held);

        DeleteAll();
        (await cache.LeaseAsync(first)).Dispose();
        (await cache.LeaseAsync(third)).Dispose();
        await Assert.ThrowsAnyAsync<IOException>(async () => await cache.LeaseAsync(second));
    }

    [Fact]
    public async Task What_is_leased_stays_and_what_does_not_fit_beside_it_is_read_all_the_same()
    {
        var cache = new FileCache(_store, Size);
        var (held, _) = await StoredAsync(Size);
        var (other, bytes) = await StoredAsync(Size);
        var lease = await cache.LeaseAsync(held);
        using (var second = await cache.LeaseAsync(other))
        {
            Assert.Equal(bytes, second.Chunks.SelectMany(chunk => chunk.ToByteArray()));
        }

        Assert.Equal(Size, cache.Held);
        DeleteAll();
        (await cache.LeaseAsync(held)).Dispose();
        lease.Dispose();
    }

    [Fact]
    public async Task A_file_that_was_damaged_on_disk_is_found_out_and_can_be_uploaded_again()
    {
        var cache = new FileCache(_store, 10 * Size);
        var (file, bytes) = await StoredAsync(Size);
        var path = Assert.Single(StoredFiles());
        var damaged = bytes.ToArray();
        damaged[500] ^= 1;
        await File.WriteAllBytesAsync(path, damaged, TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<InvalidDataException>(async () => await cache.LeaseAsync(file));
        Assert.False(_store.Holds(file));
        Assert.Equal(0, cache.Held);

        await PackageStoreTests.StoreAsync(_store, file, bytes);
        using var lease = await cache.LeaseAsync(file);
        Assert.Equal(bytes, lease.Chunks.SelectMany(chunk => chunk.ToByteArray()));
    }

    private async Task<(PackageFile File, byte[] Bytes)> StoredAsync(int size)
    {
        var (file, bytes) = PackageStoreTests.File(size);
        await PackageStoreTests.StoreAsync(_store, file, bytes);
        return (file, bytes);
    }

    private string[] StoredFiles() => Directory.GetFiles(Path.Combine(_folder.Path, "state", "files"), "*", SearchOption.AllDirectories);

    private void DeleteAll() => StoredFiles().ToList().ForEach(File.Delete);
}
