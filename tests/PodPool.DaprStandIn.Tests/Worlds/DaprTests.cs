using StackExchange.Redis;

namespace PodPool.DaprStandIn.Tests.Worlds;

/// <summary>Tests that have a stand-in for daprd, and look into its Redis.</summary>
public abstract class DaprTests(SharedDaprd shared) : IAsyncLifetime
{
    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected DaprWorld World { get; private set; } = null!;

    private protected IDatabase Redis { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Redis = await shared.RedisAsync();
        World = await WorldAsync();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>The one without an application, unless the tests have one of their own.</summary>
    private protected virtual Task<DaprWorld> WorldAsync() => shared.WorldAsync();
}
