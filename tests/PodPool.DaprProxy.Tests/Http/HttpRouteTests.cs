using PodPool.DaprProxy.Access;
using PodPool.DaprProxy.Http;

namespace PodPool.DaprProxy.Tests.Http;

/// <summary>Requests of Dapr's HTTP API are understood as Dapr understands them; what it would not know is not guessed at.</summary>
public sealed class HttpRouteTests
{
    public static TheoryData<string, string, string, string?> Known => new()
    {
        { "GET", "/v1.0/state/store/key", "State { Store = store } Key", "key" },
        { "DELETE", "/v1.0/state/store/key", "State { Store = store } Key", "key" },
        { "GET", "/v1.0/state/store/a%2Fb+c%252F", "State { Store = store } Key", "a/b c%2F" },
        { "GET", "/v1.0/state/store/bulk", "State { Store = store } Key", "bulk" },
        { "GET", "//v1.0//state/store/key/", "State { Store = store } Key", "key" },
        { "POST", "/v1.0/state/store", "State { Store = store } Save", null },
        { "PUT", "/v1.0/state/st%6Fre", "State { Store = store } Save", null },
        { "POST", "/v1.0/state/store/bulk", "State { Store = store } Bulk", null },
        { "POST", "/v1.0/state/store/transaction", "State { Store = store } Transaction", null },
        { "POST", "/v1.0-alpha1/state/store/query", "State { Store = store } Query", null },
        { "POST", "/v1.0/publish/bus/orders", "Publish { PubSub = bus, Topic = orders } AsItIs", null },
        { "POST", "/v1.0/publish/bus/orders/new%2Fones", "Publish { PubSub = bus, Topic = orders/new/ones } AsItIs", null },
        { "POST", "/v1.0-alpha1/publish/bulk/bus/orders", "Publish { PubSub = bus, Topic = orders } AsItIs", null },
        { "POST", "/v1.0/bindings/mail", "Binding { Name = mail } AsItIs", null },
        { "GET", "/v1.0/secrets/vault/password", "Secret { Store = vault, Name = password, Namespace =  } AsItIs", null },
        { "GET", "/v1.0/secrets/vault/bulk", "Secret { Store = vault, Name = , Namespace =  } AsItIs", null },
        { "POST", "/v1.0-alpha1/lock/locks", "Lock { Store = locks } Lock", null },
        { "POST", "/v1.0-alpha1/unlock/locks", "Lock { Store = locks } Lock", null },
        { "PATCH", "/v1.0/invoke/greeter.shop/method/a/b", "Invoke { Target = greeter.shop } AsItIs", null },
        { "GET", "/v1.0/healthz", "Health { } AsItIs", null },
        { "GET", "/v1.0/healthz/outbound", "Health { } AsItIs", null },
        { "GET", "/v1.0/metadata", "Metadata { } Metadata", null },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void What_Dapr_knows_is_taken_apart(string method, string path, string call, string? key)
    {
        var route = HttpRoute.Parse(method, path, new(""));
        Assert.Equal((call, key), ($"{route.Call} {route.Shape}", route.Key));
    }

    [Fact]
    public void The_keys_of_a_configuration_are_in_the_query()
    {
        var call = Assert.IsType<DaprCall.Configuration>(HttpRoute.Parse("GET", "/v1.0/configuration/settings", new("?key=a&KEY=c&key=b")).Call);
        Assert.Equal(("settings", "a,b"), (call.Store, string.Join(',', call.Keys!)));
    }

    [Fact]
    public void The_namespace_of_a_secret_is_in_the_query()
        => Assert.Equal("other", Assert.IsType<DaprCall.Secret>(HttpRoute.Parse("GET", "/v1.0/secrets/vault/x", new("?metadata.Namespace=other")).Call).Namespace);

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/v2.0/state/store/key")]
    [InlineData("GET", "/v1.0/state/store/a/b")]
    [InlineData("PATCH", "/v1.0/state/store")]
    [InlineData("GET", "/v1.0/state/store")]
    [InlineData("POST", "/v1.0/publish/bus")]
    [InlineData("POST", "/v1.0/shutdown")]
    [InlineData("PUT", "/v1.0/metadata/owner")]
    [InlineData("POST", "/v1.0/actors/cart/1/method/add")]
    [InlineData("POST", "/v1.0-alpha9/new/thing")]
    [InlineData("POST", "/v1.0/invoke/greeter/method/../../../state/store")]
    [InlineData("POST", "/v1.0/invoke/greeter/method/%2e%2E/%2e./.%2e/state/store")]
    [InlineData("GET", "/v1.0/state/store/.")]
    public void What_it_does_not_know_is_unknown(string method, string path)
        => Assert.IsType<DaprCall.Unknown>(HttpRoute.Parse(method, path, new("")).Call);
}
