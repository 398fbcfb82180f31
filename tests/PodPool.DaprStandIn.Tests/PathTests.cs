using PodPool.DaprStandIn.Starting;
using PodPool.DaprStandIn.Tests.Worlds;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Tests;

/// <summary>Paths are understood as Go and daprd's router understand them.</summary>
public sealed class PathTests(SharedDaprd shared) : IAsyncLifetime
{
    private DaprWorld _world = null!;
    private IDatabase _redis = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await shared.RedisAsync();
        _world = await shared.WorldAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("/v1.0/state/store/p1", "p1")]
    [InlineData("//v1.0//state/store/p2/", "p2")]
    [InlineData("/v1.0/invoke/x/method/../../../state/store/p3", "p3")]
    [InlineData("/v1.0/state/st%6Fre/p4", "p4")]
    [InlineData("/v1.0/state/store/p5%2Fa", "p5/a")]
    [InlineData("/v1.0/state/store/p6+a", "p6 a")]
    [InlineData("/v1.0/state/store/p7%2520a", "p7%20a")]
    [InlineData("/v1.0/state/store/p8%2F..%2Fa", "p8/../a")]
    [InlineData("/v1.0/state/store/bulk", "bulk")]
    public async Task A_key_is_found_under(string target, string key)
    {
        await _redis.HashSetAsync("app||" + key, [new("data", "1"), new("version", "1")]);
        Assert.Equal((200, "1"), await _world.AskAsync("GET", target));
    }

    [Theory]
    [InlineData("GET", "/v1.0/state/store")]
    [InlineData("GET", "/v1.0/state/store/a/b")]
    [InlineData("GET", "/V1.0/state/store/a")]
    [InlineData("POST", "/v1.0/publish/bus")]
    [InlineData("GET", "/")]
    [InlineData("POST", "/v1.0/healthz")]
    public async Task What_no_route_takes_is_a_call_without_an_application(string method, string target)
        => await _world.RefusedAsync(method, target, 404, "ERR_DIRECT_INVOKE");

    [Fact]
    public async Task A_broken_escape_is_a_bad_request()
    {
        Assert.Equal(400, (await _world.AskAsync("GET", "/v1.0/state/store/%zz")).Status);

        // Twice escaped, it breaks where the parameter is decoded only by older ones.
        Assert.Equal(204, (await _world.AskAsync("GET", "/v1.0/state/store/%25zz")).Status);
    }

    [Theory]
    [InlineData("/v1.0/state/store/t1%2520a", "t1 a")]
    [InlineData("/v1.0/state/store/t2%252Fa", "t2/a")]
    [InlineData("/v1.0/state/store/t3%2520a%2Fb", "t3%20a/b")]
    public async Task An_older_one_finds_it_under(string target, string key)
    {
        await using var older = await DaprWorld.StartAsync(new()
        {
            Flags = ["--decode-parameters-twice"],
            Resources = [ComponentFile.Of(await shared.ServerAsync(), "state.redis", "store")],
        });
        await _redis.HashSetAsync("app||" + key, [new("data", "1"), new("version", "1")]);
        Assert.Equal((200, "1"), await older.AskAsync("GET", target));
    }

    [Fact]
    public async Task Health_and_metadata_tell_of_the_process()
    {
        Assert.Equal(204, (await _world.AskAsync("GET", "/v1.0/healthz")).Status);
        Assert.Equal(204, (await _world.AskAsync("GET", "/v1.0/healthz/outbound")).Status);
        await _world.RefusedAsync("GET", "/v1.0/healthz?appid=other", 500, "ERR_HEALTH_APPID_NOT_MATCH");
        Assert.True(await _world.Client.CheckHealthAsync(TestContext.Current.CancellationToken));
        await _world.Client.SetMetadataAsync("owner", "me", TestContext.Current.CancellationToken);
        var metadata = await _world.Client.GetMetadataAsync(TestContext.Current.CancellationToken);
        Assert.Equal(("app", "me"), (metadata.Id, metadata.Extended["owner"]));
        Assert.Contains(metadata.Components, component => component is { Name: "store", Type: "state.redis" } && component.Capabilities.Contains("ETAG"));
        var (_, body) = await _world.AskAsync("GET", "/v1.0/metadata");
        Assert.Contains("\"owner\":\"me\"", body, StringComparison.Ordinal);
    }
}
