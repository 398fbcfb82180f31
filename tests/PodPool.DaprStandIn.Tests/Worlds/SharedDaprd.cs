using PodPool.DaprStandIn.Starting;
using PodPool.DaprStandIn.Tests.Worlds;
using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(SharedDaprd))]

namespace PodPool.DaprStandIn.Tests.Worlds;

/// <summary>One Redis for all tests, and one stand-in without an application for those that need none.</summary>
public sealed class SharedDaprd : IAsyncDisposable
{
    private readonly Lazy<Task<RedisServer>> _server = new(RedisServer.StartAsync);
    private readonly Lazy<Task<ConnectionMultiplexer>> _redis;
    private readonly Lazy<Task<DaprWorld>> _world;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("secrets");

    public SharedDaprd()
    {
        _redis = new(async () => await ConnectionMultiplexer.ConnectAsync((await _server.Value).Host));
        _world = new(StartAsync);
    }

    /// <summary>Skips the test where there is no redis-server.</summary>
    internal Task<RedisServer> ServerAsync() => _server.Value;

    /// <summary>What is in Redis.</summary>
    internal async Task<IDatabase> RedisAsync() => (await _redis.Value).GetDatabase();

    internal Task<DaprWorld> WorldAsync() => _world.Value;

    public async ValueTask DisposeAsync()
    {
        if (_world is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _world.Value).DisposeAsync();
        }

        if (_redis is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _redis.Value).DisposeAsync();
        }

        if (_server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _server.Value).DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private async Task<DaprWorld> StartAsync()
    {
        var server = await _server.Value;
        var secrets = Path.Combine(_folder.FullName, "secrets.json");
        await File.WriteAllTextAsync(secrets, """{"password":"s3cret","db":{"user":"me","hosts":["a","b"]}}""", CancellationToken.None);
        return await DaprWorld.StartAsync(new()
        {
            Resources =
            [
                ComponentFile.Of(server, "state.redis", "store"),
                ComponentFile.Of(server, "state.redis", "plain", ("keyPrefix", "none")),
                ComponentFile.Of(server, "state.redis", "named", ("keyPrefix", "name")),
                ComponentFile.Of(server, "state.redis", "fixed", ("keyPrefix", "Mine")),
                ComponentFile.Of(server, "pubsub.redis", "bus", ("processingTimeout", "300ms"), ("redeliverInterval", "100ms"), ("protectedTopics", "secret")),
                ComponentFile.Of(server, "lock.redis", "locks"),
                ComponentFile.Of(server, "configuration.redis", "settings", ("redisDB", "1")),
                ComponentFile.Of(server, "bindings.redis", "keys"),
                ComponentFile.Of("secretstores.local.file", "vault", ("secretsFile", secrets)),
                ComponentFile.Of("secretstores.local.file", "vaults", ("secretsFile", secrets), ("multiValued", "true")),
            ],
        });
    }
}
