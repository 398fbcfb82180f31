using System.Text.Json.Nodes;
using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Manager.Tests.Kubernetes.Api;

public class ResourceTests
{
    private static readonly ObjectName A = new("default", "a");

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Core_and_custom_kinds_are_created_read_and_replaced()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = server.Connect("somebody");
        var pods = api.Resource<V1Pod>();
        var pod = await pods.CreateAsync(
            new() { Metadata = new() { NamespaceProperty = "default", GenerateName = "p-" }, Spec = new() { Containers = [new() { Name = "runtime", Image = "i" }] } }, Test);
        Assert.StartsWith("p-", pod.Metadata.Name, StringComparison.Ordinal);
        Assert.Equal("i", (await pods.GetAsync(ObjectName.Of(pod), Test)).Spec.Containers[0].Image);

        var widgets = api.Resource<Widget>();
        var widget = await widgets.CreateAsync(Widget.Of("a", 3), Test);
        widget.Spec = new() { Size = 4 };
        var replaced = await widgets.ReplaceAsync(widget, Test);
        Assert.Equal(4, replaced.Spec.Size);
        Assert.Equal(2, replaced.Metadata.Generation);
        Assert.Equal("a", server.Store.Find(Widget.FakeKind, A)!.Name);
        Assert.All(server.Requests, request => Assert.Equal("somebody", request.User));
    }

    [Fact]
    public async Task Refusals_can_be_told_apart_and_keep_the_servers_words()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = server.Connect();
        var widgets = api.Resource<Widget>();
        await FailsAsync(ApiFailure.NotFound, "widgets \"a\" not found", () => widgets.GetAsync(A, Test));
        var first = await widgets.CreateAsync(Widget.Of("a"), Test);
        await FailsAsync(ApiFailure.AlreadyExists, "already exists", () => widgets.CreateAsync(Widget.Of("a"), Test));
        await widgets.PatchAsync(A, Size(2), null, Test);
        await FailsAsync(ApiFailure.Conflict, "the object has been modified", () => widgets.ReplaceAsync(first, Test));
        await FailsAsync(ApiFailure.Invalid, "field is immutable", () => widgets.PatchAsync(A, new() { ["metadata"] = new JsonObject { ["uid"] = "other" } }, null, Test));
        server.Fail(_ => new FakeFault.Refused(403, "Forbidden", "user cannot get widgets"), times: 1);
        await FailsAsync(ApiFailure.Denied, "user cannot get widgets", () => widgets.GetAsync(A, Test));
        server.Fail(_ => new FakeFault.Refused(410, "Expired", "too old"), times: 1);
        await FailsAsync(ApiFailure.Gone, "too old", () => widgets.ListAsync(10, "x", Test));
        server.Store.Compact();
        server.SaysGoneInStream = false;
        await FailsAsync(ApiFailure.Gone, "too old resource version", () => widgets.WatchAsync("1", TimeSpan.FromMinutes(1), Test));

        static async Task FailsAsync(ApiFailure failure, string words, Func<Task> call)
        {
            var exception = await Assert.ThrowsAsync<ApiException>(call);
            Assert.Equal(failure, exception.Failure);
            Assert.Contains(words, exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_patch_may_ask_for_a_version_and_changes_only_what_it_names()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = server.Connect();
        var widgets = api.Resource<Widget>();
        var first = await widgets.CreateAsync(new() { Metadata = Widget.Of("a").Metadata, Spec = new() { Size = 1, Colour = "red" } }, Test);
        var second = await widgets.PatchAsync(A, Size(2), first.Metadata.ResourceVersion, Test);
        Assert.Equal(new() { Size = 2, Colour = "red" }, second.Spec);
        var late = await Assert.ThrowsAsync<ApiException>(() => widgets.PatchAsync(A, Size(3), first.Metadata.ResourceVersion, Test));
        Assert.Equal(ApiFailure.Conflict, late.Failure);
        var third = await widgets.PatchAsync(A, new() { ["spec"] = new JsonObject { ["colour"] = null } }, null, Test);
        Assert.Null(third.Spec.Colour);
    }

    [Fact]
    public async Task The_status_and_the_rest_are_written_apart()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = server.Connect();
        var widgets = api.Resource<Widget>();
        var widget = Widget.Of("a");
        widget.Status = new() { Ready = 9 };
        Assert.Null((await widgets.CreateAsync(widget, Test)).Status);
        var reported = await widgets.PatchStatusAsync(A, new JsonObject { ["ready"] = 1 }, null, Test);
        Assert.Equal(1, reported.Status!.Ready);
        Assert.Equal(1, reported.Metadata.Generation);
        var resized = await widgets.PatchAsync(A, new() { ["spec"] = new JsonObject { ["size"] = 5 }, ["status"] = new JsonObject { ["ready"] = 7 } }, null, Test);
        Assert.Equal((5, 1, 2L), (resized.Spec.Size, resized.Status!.Ready, resized.Metadata.Generation));
    }

    [Fact]
    public async Task Apply_creates_changes_and_takes_back_what_it_no_longer_names()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = server.Connect();
        var widgets = api.Resource<Widget>();
        var created = await widgets.ApplyAsync(new() { Metadata = Widget.Of("a").Metadata, Spec = new() { Size = 1, Colour = "red" } }, "podpool", Test);
        Assert.Equal("red", created.Spec.Colour);
        await widgets.PatchAsync(A, new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["other"] = "kept" } } }, null, Test);
        var changed = await widgets.ApplyAsync(Widget.Of("a", 2), "podpool", Test);
        Assert.Equal(new() { Size = 2 }, changed.Spec);
        Assert.Equal("kept", changed.Metadata.Labels["other"]);
    }

    [Fact]
    public async Task A_deletion_spares_another_of_the_same_name()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = server.Connect();
        var widgets = api.Resource<Widget>();
        var first = await widgets.CreateAsync(Widget.Of("a"), Test);
        server.Store.Delete(Widget.FakeKind, A);
        var second = await widgets.CreateAsync(Widget.Of("a"), Test);
        Assert.False(await widgets.DeleteAsync(A, first.Metadata.Uid, null, Test));
        Assert.NotNull(server.Store.Find(Widget.FakeKind, A));
        Assert.True(await widgets.DeleteAsync(A, second.Metadata.Uid, null, Test));
        Assert.False(await widgets.DeleteAsync(A, second.Metadata.Uid, null, Test));
    }

    [Fact]
    public async Task A_pod_on_a_node_gets_its_grace()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = server.Connect();
        server.Store.Create(new V1Pod { Metadata = new() { NamespaceProperty = "default", Name = "a" }, Spec = new() { NodeName = "n", Containers = [] } });
        var pods = api.Resource<V1Pod>();
        await pods.DeleteAsync(A, null, TimeSpan.FromSeconds(7), Test);
        var going = await pods.GetAsync(A, Test);
        Assert.Equal(7, going.Metadata.DeletionGracePeriodSeconds);
        server.Store.Patch(FakeKind.Pods, A, new() { ["status"] = new JsonObject { ["phase"] = "Succeeded" } });
        Assert.NotNull(server.Store.Find(FakeKind.Pods, A));
        await pods.DeleteAsync(A, going.Metadata.Uid, TimeSpan.Zero, Test);
        Assert.Null(server.Store.Find(FakeKind.Pods, A));
    }

    [Fact]
    public async Task Lists_see_what_the_selectors_ask_for()
    {
        await using var server = await FakeApiServer.StartAsync();
        using var api = server.Connect();
        foreach (var (space, name, state) in new[] { ("one", "a", "warm"), ("one", "b", "serving"), ("two", "a", "warm") })
        {
            server.Store.Create(new V1Pod { Metadata = new() { NamespaceProperty = space, Name = name, Labels = new Dictionary<string, string> { ["podpool.dev/state"] = state } } });
        }

        Assert.Equal(3, await CountAsync(api.Resource<V1Pod>()));
        Assert.Equal(2, await CountAsync(api.Resource<V1Pod>("one")));
        Assert.Equal(2, await CountAsync(api.Resource<V1Pod>(labels: "podpool.dev/state=warm")));
        Assert.Equal(1, await CountAsync(api.Resource<V1Pod>(labels: "podpool.dev/state notin (warm,claimed),podpool.dev/state")));
        Assert.Equal(1, await CountAsync(api.Resource<V1Pod>("two", fields: "metadata.name=a")));

        static async Task<int> CountAsync(Resource<V1Pod> pods) => (await pods.ListAsync(0, null, Test)).Items.Count;
    }

    [Fact]
    public void A_class_that_says_no_kind_is_refused()
        => Assert.Contains("KubernetesEntity", Assert.Throws<InvalidOperationException>(() => ResourceKind.Of<string>()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("9", "10", true)]
    [InlineData("10", "9", false)]
    [InlineData("10", "10", true)]
    [InlineData("99999999999999999999", "100000000000000000000", true)]
    [InlineData("a", "b", false)]
    [InlineData("a", "a", true)]
    [InlineData("5", "", false)]
    public void Versions_are_compared_as_numbers(string version, string other, bool isNotAfter)
        => Assert.Equal(isNotAfter, ObjectVersion.IsNotAfter(version, other));

    private static JsonObject Size(int size) => new() { ["spec"] = new JsonObject { ["size"] = size } };
}
