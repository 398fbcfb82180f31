using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PodPool.Contracts.V1;
using PodPool.DaprProxy.Tests.Callers;

namespace PodPool.DaprProxy.Tests.Http;

/// <summary>Dapr's HTTP API through the door: the function's own keys, what it was granted, and nothing else.</summary>
public sealed class HttpDoorTests : IAsyncLifetime
{
    private static readonly DaprAccess Access = new()
    {
        StateStores = { new StateStoreAccess { Store = "store" } },
        PubSubs = { new PubSubAccess { PubSub = "bus", Topics = { "orders" } } },
        ConfigurationStores = { new ConfigurationStoreAccess { Store = "settings", Keys = { "colour" } } },
        LockStores = { new LockStoreAccess { Store = "locks" } },
        Invoke = { "greeter.shop", "legacy" },
    };

    private DoorUnderTest _door = null!;
    private string _token = "";

    public async ValueTask InitializeAsync()
    {
        _door = await DoorUnderTest.StartAsync();
        _token = _door.Instance(Access);
    }

    public ValueTask DisposeAsync() => _door.DisposeAsync();

    [Fact]
    public async Task A_key_in_the_path_is_the_functions_own()
    {
        _door.Answer = context =>
        {
            context.Response.Headers.ETag = "\"7\"";
            return context.Response.WriteAsync("\"value\"");
        };
        var (status, body, response) = await _door.SendAsync("GET", "/v1.0/state/store/a%2Fb+c?consistency=strong", _token, null, ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
        Assert.Equal((200, "\"value\"", "\"7\""), (status, body, response.Headers.ETag?.Tag));
        var arrived = Assert.Single(_door.Daprd);
        Assert.Equal("/v1.0/state/store/f.shop.cart%3Aa%2Fb%20c?consistency=strong", arrived.Target);
        Assert.Equal("daprd's own", arrived.Headers["dapr-api-token"]);
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c", arrived.Headers["traceparent"].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_in_bodies_are_the_functions_own_there_and_back()
    {
        var (status, _, _) = await _door.SendAsync("POST", "/v1.0/state/store", _token, """[{"key":"1","value":2}]""");
        Assert.Equal(204, status);
        Assert.Equal("""[{"key":"f.shop.cart:1","value":2}]""", Assert.Single(_door.Daprd).Body);

        _door.Answer = context => context.Response.WriteAsync("""[{"key":"f.shop.cart:1","data":2,"etag":"1"}]""");
        var (_, found, _) = await _door.SendAsync("POST", "/v1.0/state/store/bulk", _token, """{"keys":["1"]}""");
        Assert.Equal("""[{"key":"1","data":2,"etag":"1"}]""", found);
        Assert.Equal("""{"keys":["f.shop.cart:1"]}""", _door.Daprd.Last().Body);

        _door.Answer = context => context.Response.WriteAsync("""{"results":[{"key":"f.shop.till:1","data":3},{"key":"f.shop.cart:1","data":2}]}""");
        var (_, queried, _) = await _door.SendAsync("POST", "/v1.0-alpha1/state/store/query", _token, """{"filter":{}}""");
        Assert.Equal("""{"results":[{"key":"1","data":2}]}""", queried);

        _door.Answer = context => context.Response.WriteAsync("""{"success":true}""");
        var (_, locked, _) = await _door.SendAsync("POST", "/v1.0-alpha1/lock/locks", _token, """{"resourceId":"r","lockOwner":"me","expiryInSeconds":9}""");
        Assert.Equal("""{"success":true}""", locked);
        Assert.Equal("""{"resourceId":"f.shop.cart:r","lockOwner":"me","expiryInSeconds":9}""", _door.Daprd.Last().Body);
    }

    [Fact]
    public async Task What_was_not_granted_does_not_reach_daprd()
    {
        await RefusedAsync("GET", "/v1.0/state/other/a", 400, "ERR_STATE_STORE_NOT_FOUND");
        await RefusedAsync("POST", "/v1.0/publish/bus/payments", 403, "ERR_PUBSUB_FORBIDDEN");
        await RefusedAsync("GET", "/v1.0/secrets/vault/x", 401, "ERR_SECRET_STORE_NOT_FOUND");
        await RefusedAsync("GET", "/v1.0/invoke/other/method/x", 403, "ERR_DIRECT_INVOKE");
        await RefusedAsync("POST", "/v1.0/invoke/legacy/method/../../../state/other", 404, "ERR_NOT_FOUND");
        await RefusedAsync("POST", "/v1.0/shutdown", 404, "ERR_NOT_FOUND");

        // Names of the query mean something to daprd in one case only: none that it knows is all keys.
        await RefusedAsync("GET", "/v1.0/configuration/settings?KEY=colour", 403, "ERR_PERMISSION_DENIED");
        Assert.Empty(_door.Daprd);
    }

    [Fact]
    public async Task Who_has_no_token_or_anothers_gets_401_and_reaches_nothing()
    {
        using var stranger = new TestCallers();
        foreach (var token in new[] { null, "wrong", stranger.Add(_door.Callers.Find("pod-of-cart")!) })
        {
            var (status, body, _) = await _door.SendAsync("GET", "/v1.0/state/store/a", token);
            Assert.Equal(401, status);
            Assert.Contains("invalid api token", body, StringComparison.Ordinal);
        }

        _door.Callers.Remove("pod-of-cart");
        var (gone, why, _) = await _door.SendAsync("GET", "/v1.0/state/store/a", _token);
        Assert.Equal(401, gone);
        Assert.Contains("gone", why, StringComparison.Ordinal);
        Assert.Empty(_door.Daprd);
    }

    [Fact]
    public async Task What_passes_passes_as_it_is()
    {
        var (status, _, _) = await _door.SendAsync("POST", "/v1.0/publish/bus/orders?metadata.ttlInSeconds=5&metadata.rawPayload=true", _token, """{"id":1}""");
        Assert.Equal(204, status);
        Assert.Equal(("/v1.0/publish/bus/orders?metadata.ttlInSeconds=5&metadata.rawPayload=true", """{"id":1}"""), (Assert.Single(_door.Daprd).Target, _door.Daprd.Single().Body));
    }

    [Fact]
    public async Task A_function_is_invoked_through_the_router_and_an_application_through_daprd()
    {
        _door.Callers.AddFunction("shop", "greeter");
        var (status, body, _) = await _door.SendAsync("PATCH", "/v1.0/invoke/greeter.shop/method/say/a%2Fb?x=1&X=2", _token, "hello");
        Assert.Equal((200, "from the function"), (status, body));
        var call = Assert.Single(_door.Router);
        Assert.Equal(("PATCH", "/shop/greeter/say/a%2Fb?x=1&X=2", "hello"), (call.Method, call.Target, call.Body));
        Assert.False(call.Headers.ContainsKey("dapr-api-token"));

        await _door.SendAsync("GET", "/v1.0/invoke/legacy/method/x", _token, null, ("dapr-app-id", "other"));
        var passed = Assert.Single(_door.Daprd);
        Assert.Equal("/v1.0/invoke/legacy/method/x", passed.Target);
        Assert.False(passed.Headers.ContainsKey("dapr-app-id"));
    }

    [Fact]
    public async Task A_body_that_makes_no_sense_or_is_too_long_is_refused()
    {
        await RefusedAsync("POST", "/v1.0/state/store", 400, "ERR_MALFORMED_REQUEST", """[{"key":""");
        await RefusedAsync("POST", "/v1.0/state/store", 413, "ERR_REQUEST_BODY_TOO_LARGE", $$"""[{"key":"1","value":"{{new string('x', DoorUnderTest.MaxBody)}}"}]""");
        Assert.Empty(_door.Daprd);
    }

    [Fact]
    public async Task A_function_that_has_enough_under_way_is_refused_more_and_another_is_not()
    {
        var other = _door.Instance(Access, "till");
        var go = new TaskCompletionSource();
        var held = new SemaphoreSlim(0);
        var came = 0;
        _door.Answer = async context =>
        {
            if (Interlocked.Increment(ref came) <= DoorUnderTest.MaxInFlight)
            {
                held.Release();
                await go.Task;
            }

            context.Response.StatusCode = 204;
        };
        var calls = Enumerable.Range(0, DoorUnderTest.MaxInFlight).Select(_ => _door.SendAsync("GET", "/v1.0/state/store/a", _token)).ToList();
        for (var i = 0; i < calls.Count; i++)
        {
            await held.WaitAsync(TestContext.Current.CancellationToken);
        }

        await RefusedAsync("GET", "/v1.0/state/store/a", 429, "ERR_TOO_MANY_REQUESTS");
        Assert.Equal(204, (await _door.SendAsync("GET", "/v1.0/state/store/a", other)).Status);
        go.SetResult();
        Assert.All(await Task.WhenAll(calls), call => Assert.Equal(204, call.Status));
        Assert.Equal(204, (await _door.SendAsync("GET", "/v1.0/state/store/a", _token)).Status);
    }

    [Fact]
    public async Task Without_daprd_the_answer_is_503_at_once()
    {
        await _door.StopDaprdAsync();
        await RefusedAsync("GET", "/v1.0/state/store/a", 503, "ERR_SIDECAR_UNAVAILABLE");
    }

    [Fact]
    public async Task Health_needs_no_token_and_metadata_tells_of_the_functions_own()
    {
        Assert.Equal(204, (await _door.SendAsync("GET", "/v1.0/healthz", null)).Status);

        _door.Answer = context => context.Response.WriteAsync(
            """{"id":"door","runtimeVersion":"1.16.0","components":[{"name":"store","type":"state.redis"},{"name":"vault","type":"secretstores.x"}],"subscriptions":[{"topic":"secret"}]}""");
        var (_, body, _) = await _door.SendAsync("GET", "/v1.0/metadata", _token);
        Assert.Equal("""{"id":"cart.shop","runtimeVersion":"1.16.0","components":[{"name":"store","type":"state.redis"}]}""", body);
    }

    [Fact]
    public async Task An_answer_of_daprds_own_errors_passes_as_it_is()
    {
        _door.Answer = context =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsync("""{"errorCode":"ERR_STATE_QUERY","message":"no"}""");
        };
        var (status, body, _) = await _door.SendAsync("POST", "/v1.0-alpha1/state/store/query", _token, "{}");
        Assert.Equal((500, """{"errorCode":"ERR_STATE_QUERY","message":"no"}"""), (status, body));
    }

    private async Task RefusedAsync(string method, string target, int status, string code, string? body = null)
    {
        var (got, answer, _) = await _door.SendAsync(method, target, _token, body);
        Assert.Equal(status, got);
        using var error = JsonDocument.Parse(answer);
        Assert.Equal(code, error.RootElement.GetProperty("errorCode").GetString());
        Assert.NotEmpty(error.RootElement.GetProperty("message").GetString()!);
    }
}
