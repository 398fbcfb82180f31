using System.Net;
using System.Text;
using System.Text.Json;
using Dapr.Client;
using Grpc.Core;
using PodPool.Contracts.V1;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>What functions do with Dapr's own client, through the whole door, up to Redis.</summary>
public sealed class OutboundTests(DoorFixture door) : IClassFixture<DoorFixture>
{
    private static readonly DaprAccess State = new() { StateStores = { new StateStoreAccess { Store = "store" } } };

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task State_is_kept_with_its_etags()
    {
        var cart = door.Function("etags", State);
        await cart.SaveStateAsync("store", "apple", 1, cancellationToken: Test);
        var (value, etag) = await cart.GetStateAndETagAsync<int>("store", "apple", cancellationToken: Test);
        Assert.Equal(1, value);
        Assert.True(await cart.TrySaveStateAsync("store", "apple", 2, etag, cancellationToken: Test));
        Assert.False(await cart.TrySaveStateAsync("store", "apple", 3, etag, cancellationToken: Test));
        Assert.False(await cart.TryDeleteStateAsync("store", "apple", etag, cancellationToken: Test));
        Assert.Equal(2, await cart.GetStateAsync<int>("store", "apple", cancellationToken: Test));
        Assert.Equal(2, await door.Behind.GetStateAsync<int>("store", "f.shop.etags:apple", cancellationToken: Test));
        await cart.DeleteStateAsync("store", "apple", cancellationToken: Test);
        Assert.Equal(0, await cart.GetStateAsync<int>("store", "apple", cancellationToken: Test));
    }

    [Fact]
    public async Task A_transaction_is_done_as_a_whole()
    {
        var cart = door.Function("transactions", State);
        await cart.SaveStateAsync("store", "old", "there", cancellationToken: Test);
        await cart.ExecuteStateTransactionAsync(
            "store",
            [
                new("new", JsonSerializer.SerializeToUtf8Bytes("made"), StateOperationType.Upsert),
                new("old", null, StateOperationType.Delete),
            ],
            cancellationToken: Test);
        Assert.Equal("made", await cart.GetStateAsync<string>("store", "new", cancellationToken: Test));
        Assert.Null(await cart.GetStateAsync<string>("store", "old", cancellationToken: Test));
    }

    [Fact]
    public async Task Many_keys_are_read_and_deleted_at_once()
    {
        var cart = door.Function("bulk", State);
        await cart.SaveStateAsync("store", "a", "1", cancellationToken: Test);
        await cart.SaveStateAsync("store", "b", "2", cancellationToken: Test);
        var items = await cart.GetBulkStateAsync("store", ["a", "b", "c"], parallelism: 2, cancellationToken: Test);
        Assert.Equal([("a", "\"1\""), ("b", "\"2\""), ("c", "")], items.Select(item => (item.Key, item.Value)).Order());
        await cart.DeleteBulkStateAsync("store", [new("a", items.Single(item => item.Key == "a").ETag), new("b", items.Single(item => item.Key == "b").ETag)], Test);
        Assert.Null(await cart.GetStateAsync<string>("store", "a", cancellationToken: Test));
    }

    [Fact]
    public async Task State_by_http_is_the_state_by_grpc()
    {
        door.Manager.Function("both", State);
        var token = door.Manager.Instance("both");
        var client = door.Client(token);
        Assert.Equal((204, ""), await door.SendAsync("POST", "/v1.0/state/store", token, """[{"key":"a/b c","value":{"n":1}}]"""));
        Assert.Equal(1, (await client.GetStateAsync<JsonElement>("store", "a/b c", cancellationToken: Test)).GetProperty("n").GetInt32());
        Assert.Equal((200, """{"n":1}"""), await door.SendAsync("GET", "/v1.0/state/store/a%2Fb%20c", token));
        var (status, body) = await door.SendAsync("POST", "/v1.0/state/store/bulk", token, """{"keys":["a/b c"]}""");
        Assert.Equal((200, "a/b c"), (status, JsonElement.Parse(body)[0].GetProperty("key").GetString()));
        Assert.Equal(204, (await door.SendAsync("POST", "/v1.0/state/store/transaction", token, """{"operations":[{"operation":"delete","request":{"key":"a/b c"}}]}""")).Status);
        Assert.Equal((204, ""), await door.SendAsync("GET", "/v1.0/state/store/a%2Fb%20c", token));
        Assert.Equal(400, (await door.SendAsync("POST", "/v1.0/state/store", token, """[{"key":"a||b","value":1}]""")).Status);
    }

    [Fact]
    public async Task A_lock_is_held_by_one_owner_of_one_function()
    {
        var access = new DaprAccess { LockStores = { new LockStoreAccess { Store = "locks" } } };
        var one = door.Function("locker", access);
        var other = door.Function("rival", access);
#pragma warning disable DAPR_DISTRIBUTEDLOCK, CS0618
        Assert.True((await one.Lock("locks", "till", "me", 30, Test)).Success);
        Assert.False((await one.Lock("locks", "till", "you", 30, Test)).Success);
        Assert.True((await other.Lock("locks", "till", "you", 30, Test)).Success);
        Assert.Equal(LockStatus.LockBelongsToOthers, (await one.Unlock("locks", "till", "you", Test)).status);
        Assert.Equal(LockStatus.Success, (await one.Unlock("locks", "till", "me", Test)).status);
        Assert.Equal(LockStatus.LockDoesNotExist, (await one.Unlock("locks", "till", "me", Test)).status);
        Assert.Equal(LockStatus.Success, (await other.Unlock("locks", "till", "you", Test)).status);
#pragma warning restore DAPR_DISTRIBUTEDLOCK, CS0618
    }

    [Fact]
    public async Task Secrets_are_those_that_are_granted()
    {
        var client = door.Function("secrets", new()
        {
            SecretStores = { new SecretStoreAccess { Store = "vault", Secrets = { "password" } }, new SecretStoreAccess { Store = "safe" } },
        });
        Assert.Equal("s3cret", (await client.GetSecretAsync("vault", "password", cancellationToken: Test))["password"]);
        Assert.Equal(2, (await client.GetBulkSecretAsync("safe", cancellationToken: Test)).Count);
        Assert.Equal(StatusCode.PermissionDenied, await GrpcStatus.OfAsync(() => client.GetSecretAsync("vault", "other", cancellationToken: Test)));
        Assert.Equal(StatusCode.PermissionDenied, await GrpcStatus.OfAsync(() => client.GetBulkSecretAsync("vault", cancellationToken: Test)));
        Assert.Equal(StatusCode.InvalidArgument, await GrpcStatus.OfAsync(() => client.GetSecretAsync("cellar", "other", cancellationToken: Test)));
        var token = door.Manager.Instance("secrets");
        Assert.Equal("s3cret", JsonElement.Parse((await door.SendAsync("GET", "/v1.0/secrets/vault/password", token)).Body).GetProperty("password").GetString());
        foreach (var (target, expected) in ((string, int)[])[("vault/other", 403), ("vault/bulk", 403), ("cellar/other", 401), ("vault/password%2F..%2Fother", 403)])
        {
            var (status, body) = await door.SendAsync("GET", $"/v1.0/secrets/{target}", token);
            Assert.Equal(expected, status);
            Assert.DoesNotContain("hidden", body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_configuration_is_read_and_followed()
    {
        var client = door.Function("configured", new()
        {
            ConfigurationStores = { new ConfigurationStoreAccess { Store = "settings", Keys = { "color" } } },
        });
        await SetAsync("color", "red");
        Assert.Equal("red", (await client.GetConfiguration("settings", ["color"], cancellationToken: Test)).Items["color"].Value);
        Assert.Equal(StatusCode.PermissionDenied, await GrpcStatus.OfAsync(() => client.GetConfiguration("settings", [], cancellationToken: Test)));
        Assert.Equal(StatusCode.PermissionDenied, await GrpcStatus.OfAsync(() => client.GetConfiguration("settings", ["color", "shape"], cancellationToken: Test)));

        var subscription = await client.SubscribeConfiguration("settings", ["color"], cancellationToken: Test);
        await using var changes = subscription.Source.GetAsyncEnumerator(Test);
        var next = NextAsync();
        await Until.TrueAsync(
            async () =>
            {
                await SetAsync("color", "blue");
                await SetAsync("shape", "round");
                return next.IsCompleted;
            },
            "the change is told");
        Assert.Equal(["color"], await next);

        // The first that comes has the subscription's id, and nothing that changed.
        async Task<IEnumerable<string>> NextAsync()
        {
            while (await changes.MoveNextAsync() && changes.Current.Count == 0)
            {
            }

            return changes.Current.Keys;
        }
    }

    [Fact]
    public async Task An_output_binding_takes_data_out()
    {
        var client = door.Function("out", new() { Bindings = { "keys" } });
        await client.InvokeBindingAsync("keys", "create", "hello", new Dictionary<string, string> { ["key"] = "greeting" }, Test);
        var answer = await door.Behind.InvokeBindingAsync<string, string>("keys", "get", "", new Dictionary<string, string> { ["key"] = "greeting" }, Test);
        Assert.Equal("hello", answer);
        Assert.Equal(StatusCode.Internal, await GrpcStatus.OfAsync(() => client.InvokeBindingAsync("tick", "create", "", cancellationToken: Test)));
    }

    [Fact]
    public async Task A_function_is_invoked_through_the_router_and_sees_no_token()
    {
        door.Manager.Function("till", null);
        var client = door.Function("caller", new() { Invoke = { "till.shop" } });
        door.Router.On("shop/till", posted => new(200, """{"total":7}"""));
#pragma warning disable CS0618 // Functions use it, whatever is recommended.
        using var request = client.CreateInvokeMethodRequest(HttpMethod.Post, "till.shop", "orders/1?fast=yes", [], new { apples = 3 });
        var answer = await client.InvokeMethodAsync<JsonElement>(request, Test);
        Assert.Equal(7, answer.GetProperty("total").GetInt32());
        var posted = await door.Router.NextAsync("shop/till");
        Assert.Equal(("POST", "/orders/1?fast=yes", """{"apples":3}"""), (posted.Method, posted.Path, posted.Body));
        Assert.DoesNotContain(posted.Headers, header => header.Key is "dapr-api-token" or "dapr-app-id");
        Assert.DoesNotContain(posted.Headers.Values, value => value.Contains(DoorFixture.DaprdToken, StringComparison.Ordinal) || value.Contains("podpool.", StringComparison.Ordinal));

        using var denied = client.CreateInvokeMethodRequest(HttpMethod.Get, "vault.shop", "x");
        var exception = await Assert.ThrowsAsync<InvocationException>(() => client.InvokeMethodAsync(denied, Test));
#pragma warning restore CS0618
        Assert.Equal(HttpStatusCode.Forbidden, exception.Response!.StatusCode);
    }

    [Fact]
    public async Task Metadata_is_of_what_is_granted()
    {
        var client = door.Function("curious", State);
        var metadata = await client.GetMetadataAsync(Test);
        Assert.Equal("curious.shop", metadata.Id);
        Assert.Equal(["store"], metadata.Components.Select(component => component.Name));
        var (_, body) = await door.SendAsync("GET", "/v1.0/metadata", door.Manager.Instance("curious"));
        Assert.Equal(["store"], JsonElement.Parse(body).GetProperty("components").EnumerateArray().Select(component => component.GetProperty("name").GetString()));
        Assert.DoesNotContain("vault", body, StringComparison.Ordinal);
        Assert.True(await client.CheckHealthAsync(Test) || await client.CheckOutboundHealthAsync(Test));
    }

    [Fact]
    public async Task What_is_not_granted_is_refused_and_reaches_nobody()
    {
        var client = door.Function("nobody", new() { PubSubs = { new PubSubAccess { PubSub = "bus", Topics = { "mine" } } } });
        await client.PublishEventAsync("bus", "mine", new { number = 1 }, Test);
        Assert.Equal(StatusCode.PermissionDenied, await GrpcStatus.OfAsync(() => client.PublishEventAsync("bus", "theirs", new { number = 1 }, Test)));
        Assert.Equal(StatusCode.InvalidArgument, await GrpcStatus.OfAsync(() => client.PublishEventAsync("patient", "mine", new { number = 1 }, Test)));
        Assert.Equal(StatusCode.InvalidArgument, await GrpcStatus.OfAsync(() => client.SaveStateAsync("store", "k", 1, cancellationToken: Test)));
        Assert.Equal(StatusCode.InvalidArgument, await GrpcStatus.OfAsync(() => client.GetConfiguration("settings", ["color"], cancellationToken: Test)));
        var token = door.Manager.Instance("nobody");
        foreach (var (method, target, status, error) in ((string, string, int, string)[])
        [
            ("POST", "/v1.0/state/store", 400, "ERR_STATE_STORE_NOT_FOUND"),
            ("GET", "/v1.0/state/store/k", 400, "ERR_STATE_STORE_NOT_FOUND"),
            ("POST", "/v1.0/publish/bus/theirs", 403, "ERR_PUBSUB_FORBIDDEN"),
            ("POST", "/v1.0/publish/patient/mine", 404, "ERR_PUBSUB_NOT_FOUND"),
            ("POST", "/v1.0/bindings/keys", 500, "ERR_INVOKE_OUTPUT_BINDING"),
            ("GET", "/v1.0/configuration/settings?key=color", 400, "ERR_CONFIGURATION_STORE_NOT_FOUND"),
            ("POST", "/v1.0-alpha1/lock/locks", 400, "ERR_LOCK_STORE_NOT_FOUND"),
            ("GET", "/v1.0/invoke/till.shop/method/x", 403, "ERR_DIRECT_INVOKE"),
            ("POST", "/v1.0/shutdown", 404, "ERR_NOT_FOUND"),
            ("PUT", "/v1.0/metadata/a", 404, "ERR_NOT_FOUND"),
            ("GET", "/v1.0/actors/a/b/state/c", 404, "ERR_NOT_FOUND"),
        ])
        {
            var (given, body) = await door.SendAsync(method, target, token, method == "GET" ? null : "[]");
            Assert.Equal((target, status, error), (target, given, JsonElement.Parse(body).GetProperty("errorCode").GetString()));
        }
    }

    private async Task SetAsync(string key, string value)
        => await door.Behind.InvokeBindingAsync(new BindingRequest("setter", "create") { Data = Encoding.UTF8.GetBytes(value), Metadata = { ["key"] = key } }, Test);
}
