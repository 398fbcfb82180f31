using System.Security.Cryptography;
using Grpc.Core;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Doors;

/// <summary>What nodes' doors to Dapr are told, and what instances of functions that use Dapr are given.</summary>
public sealed class DoorTests
{
    private static readonly string[] Variables = [.. DaprVariables.All];

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_instance_knows_its_door_from_its_first_line_on_and_the_door_knows_it()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        using var door = await TestDoor.ConnectAsync(manager.Client);
        var snapshot = await door.NextAsync();
        Assert.True(snapshot.Snapshot);
        Assert.Empty(snapshot.Functions);

        var deployed = await manager.Client.DeployAsync("cart", TellsVariables(), spec => spec.Dapr = new() { StateStores = { new StateStoreAccess { Store = "store" } } });
        var told = (await door.UntilAsync(update => update.Functions.Count > 0)).Functions[0];
        Assert.Equal(("cart", "store"), (told.Function.Name, told.Access.StateStores[0].Store));

        var acquired = await manager.AcquireAsync("cart");
        var instance = (await door.UntilAsync(update => update.Instances.Count > 0)).Instances[0];
        Assert.Equal((acquired.Instance.Id, "cart", deployed.Revision, ""), (instance.Id, instance.Function.Name, instance.Revision, instance.Address));

        using var answer = await InstanceCall.GetAsync(acquired.Instance);
        var values = (await answer.Content.ReadAsStringAsync(Test)).Split('\n');
        Assert.Equal(["http://127.0.0.1:3500", "http://127.0.0.1:3500", "3500", "3500"], new[] { values[0], values[1], values[3], values[4] });
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(snapshot.TokenKey.Span, out _);
        Assert.True(DaprTokens.TryRead(values[2], key, out var token));
        Assert.Equal(("default", "cart", deployed.Revision, instance.Id), (token.Namespace, token.Function, token.Revision, token.PodId));
        Assert.InRange(token.IssuedAt.ToDateTimeOffset(), TimeProvider.System.GetUtcNow().AddMinutes(-1), TimeProvider.System.GetUtcNow());

        await manager.Client.Operator.EvictFunctionAsync(ManagerClient.Name("cart"), cancellationToken: Test);
        Assert.Equal([instance.Id], (await door.UntilAsync(update => update.Gone.Count > 0)).Gone);
    }

    [Fact]
    public async Task A_function_that_does_not_use_Dapr_gets_nothing_of_it_and_is_known_by_name_alone()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        using var door = await TestDoor.ConnectAsync(manager.Client);
        await manager.Client.DeployAsync("plain", TellsVariables());
        var acquired = await manager.AcquireAsync("plain");
        using var answer = await InstanceCall.GetAsync(acquired.Instance);
        Assert.Equal("", (await answer.Content.ReadAsStringAsync(Test)).Trim());

        using var second = await TestDoor.ConnectAsync(manager.Client);
        var snapshot = await second.NextAsync();
        Assert.Null(Assert.Single(snapshot.Functions).Access);
        Assert.Empty(snapshot.Instances);
    }

    [Fact]
    public async Task What_it_may_use_changes_at_once_and_its_instances_stay()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        using var door = await TestDoor.ConnectAsync(manager.Client);
        var first = await manager.Client.DeployAsync("cart", TellsVariables(), spec => spec.Dapr = new() { Bindings = { "mail" } });
        var acquired = await manager.AcquireAsync("cart");
        await door.UntilAsync(update => update.Instances.Count > 0);

        var second = await manager.Client.DeployAsync("cart", TellsVariables(), spec => spec.Dapr = new() { Bindings = { "mail", "sms" } });

        Assert.Equal(first.Revision, second.Revision);
        var told = await door.UntilAsync(update => update.Functions.Count > 0);
        Assert.Equal(["mail", "sms"], told.Functions[0].Access.Bindings);
        Assert.Equal(acquired.Instance.Id, (await manager.AcquireAsync("cart")).Instance.Id);

        await manager.Client.Operator.DeleteFunctionAsync(ManagerClient.Name("cart"), cancellationToken: Test);
        await door.UntilAsync(update => update.Removed.Any(name => name.Name == "cart"));
    }

    [Fact]
    public async Task A_door_hears_of_its_own_nodes_instances_alone()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 1);
        using var here = await TestDoor.ConnectAsync(manager.Client);
        using var elsewhere = await TestDoor.ConnectAsync(manager.Client, TestDoor.Hello("another node"));
        await manager.Client.DeployAsync("cart", TellsVariables(), spec => spec.Dapr = new());
        await manager.AcquireAsync("cart");
        await here.UntilAsync(update => update.Instances.Count > 0);
        await manager.Client.DeployAsync("later", TellsVariables(), spec => spec.Dapr = new());
        var updates = new List<DoorUpdate>();
        do
        {
            updates.Add(await elsewhere.NextAsync());
        }
        while (!updates[^1].Functions.Any(function => function.Function.Name == "later"));
        Assert.All(updates, update => Assert.Empty(update.Instances));
    }

    [Fact]
    public async Task A_door_hears_of_its_own_trust_domain_alone_and_of_no_others_names()
    {
        await using var manager = await ManagerUnderTest.StartAsync(
            warm: 1, options => options with { Pools = [options.Pools[0], options.Pools[0] with { Name = "acme-pool", TrustDomain = "acme" }] });
        using var ours = await TestDoor.ConnectAsync(manager.Client);
        using var acmes = await TestDoor.ConnectAsync(manager.Client, TestDoor.Hello(trustDomain: "acme"));
        await manager.Client.DeployAsync("ours", TellsVariables(), spec => spec.Dapr = new());
        await manager.Client.DeployAsync("theirs", TellsVariables(), spec => (spec.Dapr, spec.Pool) = (new(), "acme-pool"));
        await manager.AcquireAsync("ours");
        var theirs = (await manager.AcquireAsync("theirs")).Instance.Id;
        await manager.Client.Operator.DeleteFunctionAsync(ManagerClient.Name("ours"), cancellationToken: Test);
        await manager.Client.DeployAsync("last", TellsVariables(), spec => (spec.Dapr, spec.Pool) = (new(), "acme-pool"));

        var updates = new List<DoorUpdate>();
        do
        {
            updates.Add(await acmes.NextAsync());
        }
        while (!updates[^1].Functions.Any(function => function.Function.Name == "last"));
        Assert.Equal(["last", "theirs"], updates.SelectMany(update => update.Functions).Select(function => function.Function.Name).Distinct().Order());
        Assert.Empty(updates.SelectMany(update => update.Removed));
        Assert.Equal([theirs], updates.SelectMany(update => update.Instances).Select(instance => instance.Id).Distinct());
        await ours.UntilAsync(update => update.Removed.Any(name => name.Name == "ours"));
    }

    [Fact]
    public async Task A_function_is_not_given_the_door_of_another_trust_domain()
    {
        await using var manager = await ManagerUnderTest.StartAsync(
            warm: 1, options => options with { Pools = [options.Pools[0] with { TrustDomain = "ours" }] });
        using var acmes = await TestDoor.ConnectAsync(manager.Client, TestDoor.Hello(trustDomain: "acme"));
        Assert.Empty((await acmes.NextAsync()).Functions);
        var refused = await Assert.ThrowsAsync<RpcException>(() => manager.Client.DeployAsync("cart", TellsVariables(), spec => spec.Dapr = new()));
        Assert.Equal(Reason.DaprUnavailable, refused.ReasonOf());
    }

    [Fact]
    public async Task A_manager_that_takes_over_knows_the_instances_that_use_Dapr()
    {
        using var folder = new TemporaryFolder();
        string instance;
        await using (var first = await ManagerUnderTest.StartAsync(warm: 1, options => options with { KeepPods = true }, folder))
        {
            using var door = await TestDoor.ConnectAsync(first.Client);
            await door.NextAsync();
            await first.Client.DeployAsync("cart", TellsVariables(), spec => spec.Dapr = new());
            instance = (await first.AcquireAsync("cart")).Instance.Id;
        }

        await using var second = await ManagerUnderTest.StartAsync(warm: 0, folder: folder);
        using var again = await TestDoor.ConnectAsync(second.Client);
        Assert.Equal(instance, Assert.Single((await again.NextAsync()).Instances).Id);
    }

    [Fact]
    public async Task Without_a_door_a_function_that_uses_Dapr_is_not_deployed()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 0);
        var refused = await Assert.ThrowsAsync<RpcException>(() => manager.Client.DeployAsync("cart", TellsVariables(), spec => spec.Dapr = new()));
        Assert.Equal((StatusCode.Unavailable, Reason.DaprUnavailable), (refused.StatusCode, refused.ReasonOf()));
        Assert.Contains("podpool local --dapr", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_node_without_a_door_its_start_is_refused_with_the_reason_and_no_pod_is_tried_after_the_first()
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 2);
        using var elsewhere = await TestDoor.ConnectAsync(manager.Client, TestDoor.Hello("another node"));
        await elsewhere.NextAsync();
        await manager.Client.DeployAsync("cart", TellsVariables(), spec => spec.Dapr = new());
        var refused = await Assert.ThrowsAsync<RpcException>(() => manager.AcquireAsync("cart"));
        Assert.Equal(Reason.DaprUnavailable, refused.ReasonOf());
        Assert.Equal(1, (await manager.Client.Operator.ListPoolsAsync(new(), cancellationToken: Test)).Pools[0].Claims);
    }

    [Theory]
    [InlineData("", "http://127.0.0.1:1", "a hello with its id and its node")]
    [InlineData("n", "127.0.0.1:1", "no http://host:port")]
    [InlineData("n", "https://127.0.0.1:1", "no http://host:port")]
    public async Task A_hello_that_is_none_is_refused(string node, string endpoint, string message)
    {
        await using var manager = await ManagerUnderTest.StartAsync(warm: 0);
        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            using var door = await TestDoor.ConnectAsync(manager.Client, new() { DoorId = "d", Node = node, HttpEndpoint = endpoint, GrpcEndpoint = endpoint });
            await door.NextAsync();
        });
        Assert.Equal(Reason.InvalidArgument, refused.ReasonOf());
        Assert.Contains(message, refused.Status.Detail, StringComparison.Ordinal);
    }

    /// <summary>A function that remembers what its variables were when it started, and answers with them.</summary>
    private static TestPackage TellsVariables() => Compiled.Function($$"""
        public sealed class Tells : IHttpFunction
        {
            private readonly string _values = string.Join("\n", new[] { {{string.Join(", ", Variables.Select(name => $"\"{name}\""))}} }.Select(Environment.GetEnvironmentVariable));

            public Task HandleAsync(HttpContext context) => context.Response.WriteAsync(_values);
        }
        """);
}
