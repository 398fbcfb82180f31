using System.Text.Json.Nodes;
using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Pods;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Whole;

/// <summary>A whole manager on a cluster: real pods, real packages, the real client; only the API server and the kubelet are ours.</summary>
public sealed class ClusterManagerTests
{
    private static readonly FakeKind Services = new("", "v1", "services");
    private static readonly FakeKind Events = new("events.k8s.io", "v1", "events");

    [Fact]
    public async Task A_declared_function_is_served_from_the_pool_and_says_so_everywhere()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a");
        cluster.Declare("hello", Compiled.Hello("hi"));
        await cluster.UntilAsync(() => cluster.IsReady("hello"));

        var instance = await manager.AcquireAsync("hello");
        Assert.StartsWith("http://127.", instance.Address, StringComparison.Ordinal);
        Assert.StartsWith("hi ", await InstanceCall.TextAsync(instance), StringComparison.Ordinal);

        await cluster.UntilAsync(() => cluster.Server.Store.All(FakeKind.Pods).Any(pod => pod.Name == instance.Id && pod.Text("metadata", "labels", PodLabels.State) == PodStates.Serving));
        var service = cluster.Server.Store.Find(Services, new("shop", "hello"))!;
        Assert.Equal("podpool-router.podpool-system.svc.cluster.local", service.Text("spec", "externalName"));
        await cluster.UntilAsync(() => cluster.Server.Store.Find(ClusterUnderTest.Functions, new("shop", "hello"))!.ToNode()["status"]?["instances"]?.GetValue<int>() == 1);
        await cluster.UntilAsync(() => cluster.Server.Store.Find(ClusterUnderTest.Pools, new("podpool-system", "default"))!.ToNode()["status"]?["serving"]?.GetValue<int>() == 1);
    }

    [Fact]
    public async Task What_a_function_lacks_is_told_to_its_callers_and_in_its_status_until_it_is_there()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a");
        cluster.Declare("greeter", Answers("TOKEN"), FromSecret("TOKEN", "tokens", "greeter"));
        await cluster.UntilAsync(() => cluster.Condition("greeter", ConditionTypes.Ready)?["reason"]?.GetValue<string>() == "SecretMissing");
        var refused = await Assert.ThrowsAsync<RpcException>(() => manager.AcquireAsync("greeter"));
        Assert.Equal(Reason.FunctionNotReady, refused.ReasonOf());
        Assert.Contains("'tokens'", refused.Status.Detail, StringComparison.Ordinal);

        await cluster.UntilAsync(() => Told("greeter").Contains("Warning SecretMissing"));
        cluster.SetSecret("tokens", "greeter", "first-value");
        await cluster.UntilAsync(() => cluster.IsReady("greeter"));
        Assert.Equal("first-value", await InstanceCall.TextAsync(await manager.AcquireAsync("greeter")));
        await cluster.UntilAsync(() => Told("greeter").Contains("Normal Ready"));

        IEnumerable<string> Told(string function) => from told in cluster.Server.Store.All(Events)
                                                     where told.Text("regarding", "kind") == "Function" && told.Text("regarding", "name") == function
                                                     select $"{told.Text("type")} {told.Text("reason")}";
    }

    [Fact]
    public async Task A_secret_that_changes_reaches_new_instances_and_shows_nowhere()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a");
        cluster.SetSecret("tokens", "greeter", "first-value");
        cluster.Declare("greeter", Answers("TOKEN"), FromSecret("TOKEN", "tokens", "greeter"));
        await cluster.UntilAsync(() => cluster.IsReady("greeter"));
        var before = await manager.AcquireAsync("greeter");
        Assert.Equal("first-value", await InstanceCall.TextAsync(before));

        cluster.SetSecret("tokens", "greeter", "second-value");
        await cluster.UntilAsync(() => cluster.Server.Store.Find(ClusterUnderTest.Functions, new("shop", "greeter"))!.Text("status", "revision") is { } revision && revision != before.Revision);
        await cluster.UntilAsync(() => cluster.Server.Store.All(FakeKind.Pods).All(pod => pod.Name != before.Id));
        Assert.Equal("second-value", await InstanceCall.TextAsync(await manager.AcquireAsync("greeter")));

        var shown = cluster.Server.Store.All(FakeKind.Pods).Concat(cluster.Server.Store.All(ClusterUnderTest.Functions)).Concat(cluster.Server.Store.All(Services));
        Assert.All(shown, one => Assert.DoesNotContain("-value", one.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pool_serves_only_the_namespaces_it_is_open_to()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a");
        cluster.Server.Store.Patch(ClusterUnderTest.Pools, new("podpool-system", "default"), new() { ["spec"] = new JsonObject { ["allowedNamespaces"] = new JsonArray("other") } });
        cluster.Declare("hello", Compiled.Hello());
        await cluster.UntilAsync(() => cluster.Condition("hello", ConditionTypes.Ready)?["reason"]?.GetValue<string>() == "NamespaceNotAllowed");
        Assert.Equal(Reason.FunctionNotReady, (await Assert.ThrowsAsync<RpcException>(() => manager.AcquireAsync("hello"))).ReasonOf());

        cluster.Server.Store.Patch(ClusterUnderTest.Pools, new("podpool-system", "default"), new() { ["spec"] = new JsonObject { ["allowedNamespaces"] = new JsonArray("*") } });
        await cluster.UntilAsync(() => cluster.IsReady("hello"));
    }

    [Fact]
    public async Task The_next_leader_takes_over_every_pod_and_restarts_none()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        var first = await cluster.StartManagerAsync("a");
        cluster.Declare("hello", Compiled.Hello());
        await cluster.UntilAsync(() => cluster.IsReady("hello"));
        var served = await InstanceCall.TextAsync(await first.AcquireAsync("hello"));
        await cluster.UntilAsync(() => cluster.Server.Store.All(FakeKind.Pods).Count(pod => pod.Text("metadata", "labels", PodLabels.State) is PodStates.Serving or PodStates.Warm) == 2);

        await using var second = await cluster.StartManagerAsync("b");
        Assert.Equal(Reason.NotLeader, (await Assert.ThrowsAsync<RpcException>(() => second.AcquireAsync("hello"))).ReasonOf());
        var started = cluster.PodsStarted;
        await first.DisposeAsync();
        await cluster.UntilAsync(() => cluster.LeaseHolder == "b");

        var instance = await second.LedAsync("hello");
        Assert.Equal(served, await InstanceCall.TextAsync(instance));
        Assert.Equal(started, cluster.PodsStarted);
    }

    [Fact]
    public async Task The_lead_is_given_up_before_the_last_requests_are_waited_for()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        var manager = await cluster.StartManagerAsync("a");
        cluster.Declare("hello", Compiled.Hello());
        await cluster.UntilAsync(() => cluster.IsReady("hello"));
        string? holder = "nobody asked";
        using var asked = manager.Stopping.Register(() => holder = cluster.LeaseHolder);
        await manager.DisposeAsync();
        Assert.Null(holder);
    }

    [Fact]
    public async Task The_next_leader_knows_what_the_size_of_a_pool_had_learnt()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        JsonNode? Size() => cluster.Server.Store.Find(ClusterUnderTest.Pools, new("podpool-system", "default"))!.ToNode()["status"]?["size"];
        cluster.Server.Store.Patch(ClusterUnderTest.Pools, new("podpool-system", "default"), new()
        {
            ["spec"] = new JsonObject { ["size"] = new JsonObject { ["auto"] = new JsonObject { ["missProbability"] = 0.5, ["max"] = 3 }, ["max"] = 3 } },
            ["status"] = new JsonObject { ["size"] = new JsonObject { ["learnt"] = Learnt.With(warm: 2) } },
        });
        var first = await cluster.StartManagerAsync("a");
        await cluster.UntilAsync(() => cluster.PodsStarted == 2);
        await cluster.UntilAsync(() => Size()?["why"] is not null);
        var before = Size()!["learnt"]!.GetValue<string>();

        // What it learnt itself is written when it steps down.
        await first.DisposeAsync();
        var learnt = Size()!["learnt"]!.GetValue<string>();
        Assert.StartsWith("v1.", learnt, StringComparison.Ordinal);
        Assert.NotEqual(before, learnt);

        await using var second = await cluster.StartManagerAsync("b");
        await cluster.UntilAsync(() => cluster.LeaseHolder == "b");
        using var operators = second.ConnectOperator();
        await operators.UntilAsync(pool => pool is { Size: 2, Warm: 2 });
    }

    [Fact]
    public async Task Operators_and_routers_come_in_by_their_own_door_alone_and_objects_are_changed_through_the_cluster()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a");
        using var operators = manager.ConnectOperator();
        var test = TestContext.Current.CancellationToken;
        Assert.Equal("podpool-system/default", (await operators.PoolAsync()).Pool);
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => manager.Routers.PoolAsync())).StatusCode);
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => operators.AcquireAsync("hello", 1))).StatusCode);
        var refused = await Assert.ThrowsAsync<RpcException>(() => operators.Operator.ResizePoolAsync(new() { Pool = "podpool-system/default", Warm = 9 }, cancellationToken: test).ResponseAsync);
        Assert.Contains("kubectl scale", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_that_has_an_address_long_before_it_listens_there_is_waited_for()
    {
        await using var cluster = await ClusterUnderTest.StartAsync(imageIsThere: false);
        await using var manager = await cluster.StartManagerAsync("a", unreachableAfter: TimeSpan.FromMilliseconds(100));
        await cluster.UntilAsync(() => cluster.Kubelet.Waiting.Any());
        var pod = Assert.Single(cluster.Server.Store.All(FakeKind.Pods)).Name;

        // Each time after a longer pause: by the last, longer than a pod that was heard of may be silent.
        var waiting = Assert.Single(cluster.Kubelet.Waiting);
        for (var dialled = 0; dialled < 6; dialled++)
        {
            await waiting.DialledAsync();
        }

        cluster.Kubelet.ImageIsThere();
        await cluster.UntilAsync(() => cluster.Server.Store.All(FakeKind.Pods).Any(one => one.Text("metadata", "labels", PodLabels.State) == PodStates.Warm));
        Assert.Equal(pod, Assert.Single(cluster.Server.Store.All(FakeKind.Pods)).Name);
    }

    [Fact]
    public async Task A_deleted_function_leaves_nothing_that_serves_it()
    {
        await using var cluster = await ClusterUnderTest.StartAsync();
        await using var manager = await cluster.StartManagerAsync("a");
        cluster.Declare("hello", Compiled.Hello());
        await cluster.UntilAsync(() => cluster.IsReady("hello"));
        var instance = await manager.AcquireAsync("hello");
        cluster.Server.Store.Delete(ClusterUnderTest.Functions, new("shop", "hello"));
        await cluster.UntilAsync(() => cluster.Server.Store.All(FakeKind.Pods).All(pod => pod.Name != instance.Id));
        Assert.Equal(Reason.FunctionNotFound, (await Assert.ThrowsAsync<RpcException>(() => manager.AcquireAsync("hello"))).ReasonOf());
    }

    private static TestPackage Answers(string variable) => Compiled.Function($$"""
        public sealed class Answer : IHttpFunction
        {
            public Task HandleAsync(HttpContext context) => context.Response.WriteAsync(Environment.GetEnvironmentVariable("{{variable}}") ?? "none");
        }
        """);

    private static JsonObject FromSecret(string variable, string name, string key) => new()
    {
        ["name"] = variable,
        ["valueFrom"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = name, ["key"] = key } },
    };
}
