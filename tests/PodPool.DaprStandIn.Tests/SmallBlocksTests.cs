using Dapr.Client;
using Dapr.Client.Autogen.Grpc.v1;
using Grpc.Core;
using PodPool.DaprStandIn.Tests.Worlds;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Tests;

/// <summary>Secrets, locks, configuration and bindings, by Dapr's own client and by plain HTTP.</summary>
public sealed class SmallBlocksTests(SharedDaprd shared) : DaprTests(shared)
{
    [Fact]
    public async Task Secrets_are_named_by_their_paths_or_have_several_values()
    {
        Assert.Equal("s3cret", (await World.Client.GetSecretAsync("vault", "password", cancellationToken: Cancelled))["password"]);
        Assert.Equal("""{"db:hosts:1":"b"}""" + "\n", (await World.AskAsync("GET", "/v1.0/secrets/vault/db:hosts:1")).Body);
        Assert.Equal(
            """{"db":{"hosts:0":"a","hosts:1":"b","user":"me"},"password":{"password":"s3cret"}}""" + "\n", (await World.AskAsync("GET", "/v1.0/secrets/vaults/bulk")).Body);
        Assert.Equal("failed getting secret with key no from secret store vault: secret no not found", await World.RefusedAsync("GET", "/v1.0/secrets/vault/no", 500, "ERR_SECRET_GET"));
        await World.RefusedAsync("GET", "/v1.0/secrets/other/password", 401, "ERR_SECRET_STORE_NOT_FOUND");
    }

    [Fact]
    public async Task A_lock_is_its_owners_until_it_lets_go()
    {
#pragma warning disable DAPR_DISTRIBUTEDLOCK // Dapr's client calls its own locks a trial.
        Assert.True((await World.Client.Lock("locks", "door", "me", 60, Cancelled)).Success);
        Assert.False((await World.Client.Lock("locks", "door", "you", 60, Cancelled)).Success);
        Assert.Equal(LockStatus.LockBelongsToOthers, (await World.Client.Unlock("locks", "door", "you", Cancelled)).status);
        Assert.Equal("me", await Redis.StringGetAsync("lock||app||door"));
        Assert.Equal(LockStatus.Success, (await World.Client.Unlock("locks", "door", "me", Cancelled)).status);
#pragma warning restore DAPR_DISTRIBUTEDLOCK
        Assert.Equal("""{"status":1}""", (await World.AskAsync("POST", "/v1.0-alpha1/unlock/locks", """{"resourceId":"door","lockOwner":"me"}""")).Body);

        // Read as protobuf's JSON: names in their own case alone.
        await World.RefusedAsync("POST", "/v1.0-alpha1/lock/locks", 400, "ERR_MALFORMED_REQUEST", """{"resourceid":"door","lockOwner":"me","expiryInSeconds":9}""");
        await World.RefusedAsync("POST", "/v1.0-alpha1/lock/locks", 400, "ERR_MALFORMED_REQUEST", """{"resourceId":"door","lockOwner":"me"}""");
        await World.RefusedAsync("POST", "/v1.0-alpha1/lock/other", 400, "ERR_LOCK_STORE_NOT_FOUND", """{"resourceId":"door","lockOwner":"me","expiryInSeconds":9}""");
    }

    [Fact]
    public async Task Configuration_is_read_and_its_changes_are_told()
    {
        var settings = Redis.Multiplexer.GetDatabase(1);
        await settings.StringSetAsync([new("colour", "red||v1"), new("size", "5")]);
        await settings.HashSetAsync("not-a-value", "a", 1);
        var got = await World.Client.GetConfiguration("settings", ["colour", "missing"], cancellationToken: Cancelled);
        Assert.Equal(("red", "v1"), (Assert.Single(got.Items).Value.Value, got.Items["colour"].Version));

        // A name in another case is no name: all are asked for.
        Assert.Equal("""{"colour":{"value":"red","version":"v1"},"size":{"value":"5"}}""" + "\n", (await World.AskAsync("GET", "/v1.0/configuration/settings?KEY=colour")).Body);
        Assert.Equal(204, (await World.AskAsync("GET", "/v1.0-alpha1/configuration/settings?key=missing")).Status);
        await World.RefusedAsync("GET", "/v1.0/configuration/other", 500, "ERR_CONFIGURATION_STORE_NOT_FOUND");
        await World.RefusedAsync("GET", "/v1.0/configuration/settings/subscribe", 500, "ERR_APP_CHANNEL_NIL");

        using var stream = World.Grpc.SubscribeConfiguration(new() { StoreName = "settings", Keys = { "colour" } }, cancellationToken: Cancelled);
        Assert.True(await stream.ResponseStream.MoveNext(Cancelled));
        var id = stream.ResponseStream.Current.Id;
        Assert.Empty(stream.ResponseStream.Current.Items);
        await settings.StringSetAsync("colour", "blue||v2");
        Assert.True(await stream.ResponseStream.MoveNext(Cancelled));
        Assert.Equal((id, "blue", "v2"), (stream.ResponseStream.Current.Id, stream.ResponseStream.Current.Items["colour"].Value, stream.ResponseStream.Current.Items["colour"].Version));
        await settings.KeyDeleteAsync("colour");
        Assert.True(await stream.ResponseStream.MoveNext(Cancelled));
        Assert.Equal("", stream.ResponseStream.Current.Items["colour"].Value);
        Assert.True((await World.Client.UnsubscribeConfiguration("settings", id, Cancelled)).Ok);
        Assert.False(await stream.ResponseStream.MoveNext(Cancelled));
        Assert.False((await World.Client.UnsubscribeConfiguration("settings", id, Cancelled)).Ok);
    }

    [Fact]
    public async Task A_binding_takes_data_out_and_gives_it_back()
    {
        await World.Client.InvokeBindingAsync("keys", "create", new { a = 1 }, new Dictionary<string, string> { ["key"] = "bound" }, Cancelled);
        Assert.Equal("""{"a":1}""", await Redis.StringGetAsync("bound"));
        Assert.Equal((200, """{"a":1}"""), await World.AskAsync("POST", "/v1.0/bindings/keys", """{"operation":"get","metadata":{"key":"bound"}}"""));
        Assert.Equal(204, (await World.AskAsync("POST", "/v1.0/bindings/keys", """{"operation":"delete","metadata":{"key":"bound"}}""")).Status);
        Assert.Equal("error invoking output binding other: couldn't find output binding other", await World.RefusedAsync("POST", "/v1.0/bindings/other", 500, "ERR_INVOKE_OUTPUT_BINDING", """{"operation":"get"}"""));
        Assert.Equal("error invoking output binding keys: redis binding: missing key in request metadata", await World.RefusedAsync("POST", "/v1.0/bindings/keys", 500, "ERR_INVOKE_OUTPUT_BINDING", """{"operation":"get"}"""));
        await World.RefusedAsync("POST", "/v1.0/bindings/keys", 500, "ERR_INVOKE_OUTPUT_BINDING", """{"operation":"list"}""");
    }

    [Fact]
    public async Task What_it_does_not_know_is_UNIMPLEMENTED()
    {
        var thrown = await Assert.ThrowsAsync<RpcException>(async () => await World.Grpc.InvokeActorAsync(new InvokeActorRequest(), cancellationToken: Cancelled));
        Assert.Equal(StatusCode.Unimplemented, thrown.StatusCode);
    }
}
