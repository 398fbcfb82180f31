using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Claims;

public sealed class ProfileStoreTests : IDisposable
{
    private const string Runtime = "10.0.0-linux-x64";

    private static readonly FunctionName Hello = new("default", "hello");
    private static readonly ByteString Bytes = ByteString.CopyFromUtf8("profile");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_kept_is_found_also_by_the_next_manager()
    {
        using var store = Open();
        Assert.Null(store.Find(Hello, "r1", Runtime));
        store.Keep(Hello, "r1", Runtime, Bytes);

        using var next = Open();
        foreach (var one in new[] { store, next })
        {
            var found = one.Find(Hello, "r1", Runtime)!;
            Assert.Equal(Bytes, found.Bytes);
            Assert.Equal(32, found.Digest.Length);
        }
    }

    [Fact]
    public void That_a_start_is_not_worth_a_profile_is_kept_too()
    {
        using var store = Open();
        store.Keep(Hello, "r1", Runtime, ByteString.Empty);

        using var next = Open();
        Assert.Equal(StoredProfile.None, store.Find(Hello, "r1", Runtime));
        Assert.Equal(StoredProfile.None, next.Find(Hello, "r1", Runtime));
    }

    [Fact]
    public void It_is_for_one_function_one_revision_and_one_runtime()
    {
        using var store = Open();
        store.Keep(Hello, "r1", Runtime, Bytes);

        Assert.Null(store.Find(Hello, "r2", Runtime));
        Assert.Null(store.Find(Hello, "r1", "10.0.1-linux-x64"));
        Assert.Null(store.Find(new("default", "other"), "r1", Runtime));
        Assert.Null(store.Find(new("other", "hello"), "r1", Runtime));
    }

    [Fact]
    public void A_new_revision_replaces_the_old_one_and_a_deleted_function_has_none()
    {
        using var store = Open();
        store.Keep(Hello, "r1", Runtime, Bytes);
        store.Keep(Hello, "r1", "10.0.1-linux-x64", Bytes);
        store.Keep(Hello, "r2", Runtime, Bytes);

        Assert.Null(store.Find(Hello, "r1", Runtime));
        Assert.Null(store.Find(Hello, "r1", "10.0.1-linux-x64"));
        Assert.NotNull(store.Find(Hello, "r2", Runtime));

        store.Forget(Hello);
        Assert.Null(store.Find(Hello, "r2", Runtime));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder.Path, "profiles")));
        store.Forget(Hello);
    }

    [Fact]
    public void What_cannot_be_read_or_written_is_as_if_it_were_not_there()
    {
        using var store = Open();
        Directory.CreateDirectory(Path.Combine(_folder.Path, "profiles"));
        File.WriteAllText(Path.Combine(_folder.Path, "profiles", "default.hello"), "no folder");

        store.Keep(Hello, "r1", Runtime, Bytes);

        using var next = Open();
        Assert.Null(next.Find(Hello, "r1", Runtime));
    }

    private ProfileStore Open()
        => new(ManagerUnderTest.OptionsFor(_folder.Path) with { StateFolder = _folder.Path }, NullLogger<ProfileStore>.Instance);
}
