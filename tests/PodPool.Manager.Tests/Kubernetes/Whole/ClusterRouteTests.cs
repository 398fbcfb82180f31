using System.Text.Json.Nodes;
using PodPool.Contracts;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Whole;

/// <summary>Functions' HTTPRoutes, as managers keep them that have a Gateway named to them, or none.</summary>
public sealed class ClusterRouteTests
{
    private static readonly FakeKind Routes = new(HttpRouteResource.KubeGroup, HttpRouteResource.KubeApiVersion, HttpRouteResource.KubePluralName);
    private static readonly ObjectName Hello = new("podpool-system", "shop.hello");

    [Fact]
    public async Task A_route_comes_with_its_function_follows_it_and_goes_with_it()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var leader = await cluster.StartManagerAsync("a", gateway: "infra/public");
        cluster.Declare("hello", Compiled.Hello());
        await cluster.UntilAsync(() => cluster.IsReady("hello") && IsTrue(cluster, "hello"));
        await using var standby = await cluster.StartManagerAsync("b", gateway: "infra/public");
        Assert.Equal(["hello.shop.example.com"], Hostnames(cluster));

        cluster.Server.Store.Patch(ClusterUnderTest.Functions, new("shop", "hello"), new() { ["spec"] = new JsonObject { ["route"] = new JsonObject { ["hosts"] = new JsonArray("hello.example.org") } } }, FakePart.Main);
        await cluster.UntilAsync(() => Hostnames(cluster) is ["hello.shop.example.com", "hello.example.org"]);

        cluster.Server.Store.Delete(Routes, Hello);
        await cluster.UntilAsync(() => cluster.Server.Store.Find(Routes, Hello) is not null);

        cluster.Server.Store.Delete(ClusterUnderTest.Functions, new("shop", "hello"));
        await cluster.UntilAsync(() => cluster.Server.Store.All(Routes).Count == 0);
        Assert.All(cluster.Server.Requests.Where(request => request.Kind == Routes && request.Verb is "create" or "patch" or "delete"), request => Assert.NotEqual("b", request.User));
    }

    [Fact]
    public async Task Routes_of_functions_that_went_while_no_manager_ran_are_removed_and_no_others()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        cluster.Declare("hello", Compiled.Hello());
        Create("shop.hello", "hello");
        Create("shop.gone", "gone");
        Create("mine", null);
        await using var manager = await cluster.StartManagerAsync("a", gateway: "infra/public");
        await cluster.UntilAsync(() => cluster.Server.Store.Find(Routes, new("podpool-system", "shop.gone")) is null && IsTrue(cluster, "hello"));
        Assert.Equal(["mine", "shop.hello"], cluster.Server.Store.All(Routes).Select(route => route.Name));

        void Create(string name, string? function) => cluster.Server.Store.Create(new HttpRouteResource
        {
            Metadata = new()
            {
                Name = name,
                NamespaceProperty = "podpool-system",
                Labels = function is null ? null : new Dictionary<string, string> { ["app.kubernetes.io/managed-by"] = "podpool", [PodLabels.Function] = function, [PodLabels.FunctionNamespace] = "shop" },
            },
        });
    }

    [Fact]
    public async Task Where_the_cluster_has_no_such_kind_functions_are_ready_and_say_what_is_missing()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        cluster.Server.Fail(request => request.Kind == Routes ? new FakeFault.Refused(404, "NotFound", "the server could not find the requested resource") : null);
        await using var manager = await cluster.StartManagerAsync("a", gateway: "infra/public");
        cluster.Declare("hello", Compiled.Hello());
        await cluster.UntilAsync(() => cluster.IsReady("hello"));
        Assert.Equal("GatewayApiMissing", (string?)cluster.Condition("hello", ConditionTypes.RouteReady)?["reason"]);
        Assert.StartsWith("Hello", await InstanceCall.TextAsync(await manager.AcquireAsync("hello")), StringComparison.OrdinalIgnoreCase);

        // Installed later, it is used without anybody's doing.
        cluster.Server.Heal();
        await cluster.UntilAsync(() => IsTrue(cluster, "hello"));
        Assert.Equal(["hello.shop.example.com"], Hostnames(cluster));
    }

    [Fact]
    public async Task Where_no_Gateway_is_named_nobody_asks_for_routes()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a");
        cluster.Declare("hello", Compiled.Hello());
        await cluster.UntilAsync(() => cluster.IsReady("hello"));
        Assert.Null(cluster.Condition("hello", ConditionTypes.RouteReady));
        Assert.DoesNotContain(cluster.Server.Requests, request => request.Kind == Routes);
    }

    private static bool IsTrue(ClusterUnderTest cluster, string function) => (string?)cluster.Condition(function, ConditionTypes.RouteReady)?["status"] == ResourceCondition.True;

    private static string[] Hostnames(ClusterUnderTest cluster)
        => [.. cluster.Server.Store.Find(Routes, Hello)?.ToNode()["spec"]!["hostnames"]!.AsArray().Select(host => (string)host!) ?? []];
}
