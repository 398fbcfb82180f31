using k8s.Models;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Watching;

public class InformerTests
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Lists_page_by_page_then_is_synced()
    {
        await using var test = await InformerUnderTest.NewAsync(new() { PageSize = 2 });
        foreach (var name in new[] { "a", "b", "c", "d", "e" })
        {
            test.Create(name);
        }

        await test.StartedAsync();
        Assert.Equal(5, test.Informer.Count);
        Assert.Equal(3, test.Lists);
        Assert.Equal(["+a", "+b", "+c", "+d", "+e"], test.Recorder.Told.Order());
        Assert.Equal(1, test.Informer.Find("default", "c")!.Spec.Size);
        Assert.Equal("test.podpool.dev/v1alpha1", test.Informer.Find("default", "c")!.ApiVersion);
        Assert.Null(test.Informer.Find("other", "c"));
    }

    [Fact]
    public async Task Follows_additions_changes_and_deletions()
    {
        await using var test = await InformerUnderTest.NewAsync();
        await test.StartedAsync();
        Assert.Equal(0, test.Informer.Count);
        test.Create("a");
        test.Resize("a", 2);
        test.Create("b");
        test.Delete("a");
        await test.ToldAsync("+a", "~a", "+b", "-a");
        Assert.Equal([InformerUnderTest.NameOf("b")], test.Informer.All.Keys);
    }

    [Fact]
    public async Task A_snapshot_does_not_change()
    {
        await using var test = await InformerUnderTest.NewAsync();
        test.Create("a");
        await test.StartedAsync();
        var before = test.Informer.All;
        test.Delete("a");
        await test.ToldAsync("+a", "-a");
        Assert.Single(before);
        Assert.Empty(test.Informer.All);
    }

    [Fact]
    public async Task Goes_on_where_a_broken_watch_was_and_lists_nothing()
    {
        await using var test = await InformerUnderTest.NewAsync();
        test.Create("a");
        await test.StartedAsync();
        var created = test.Create("b");
        await test.ToldAsync("+a", "+b");
        test.Server.Watches.Single().Drop();
        await test.Time.AdvanceUntilAsync(() => test.WatchesAsked == 2, Step);
        test.Resize("a", 2);
        await test.ToldAsync("+a", "+b", "~a");
        Assert.Equal(1, test.Lists);
        Assert.Equal($"{created.Version}", test.Server.Requests.Last(request => request.Verb == "watch").Query["resourceVersion"]);
    }

    [Fact]
    public async Task Goes_on_at_once_when_the_server_ends_a_watch_in_its_time()
    {
        await using var test = await InformerUnderTest.NewAsync();
        test.Create("a");
        await test.StartedAsync();
        await test.HeardAsync();
        await test.Time.AdvanceUntilAsync(() => test.WatchesAsked == 2, TimeSpan.FromSeconds(5));
        Assert.Equal(1, test.Lists);
        Assert.Null(test.Informer.Trouble);
    }

    [Fact]
    public async Task A_bookmark_moves_the_version_on()
    {
        await using var test = await InformerUnderTest.NewAsync();
        test.Create("a");
        await test.StartedAsync();
        test.Create("b");
        await test.ToldAsync("+a", "+b");

        // Of another kind: only a bookmark tells of its versions.
        test.Server.Store.Create(new V1Secret { Metadata = new() { Name = "s", NamespaceProperty = "default" } });
        var version = test.Server.Store.Version;
        test.Time.Advance(Step);
        test.Server.Bookmark();
        await Eventually.IsSoAsync(() => test.Informer.SinceContact < Step);
        test.Server.Watches.Single().Drop();
        await Eventually.IsSoAsync(() => test.Server.Watches.Count == 0);
        test.Server.Store.Compact();
        await test.Time.AdvanceUntilAsync(() => test.Server.Watches.Count == 1, Step);
        Assert.Equal($"{version}", test.Server.Requests.Last(request => request.Verb == "watch").Query["resourceVersion"]);
        test.Resize("a", 2);
        await test.ToldAsync("+a", "+b", "~a");
        Assert.Equal(1, test.Lists);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lists_anew_when_the_server_no_longer_knows_its_version(bool inStream)
    {
        await using var test = await InformerUnderTest.NewAsync();
        test.Server.SaysGoneInStream = inStream;
        foreach (var name in new[] { "changed", "gone", "same", "replaced" })
        {
            test.Create(name);
        }

        await test.StartedAsync();
        test.Server.Fail(request => request.Verb == "watch" ? new FakeFault.Refused(503, "ServiceUnavailable") : null);
        test.Server.Watches.Single().Drop();
        await Eventually.IsSoAsync(() => test.Server.Watches.Count == 0);
        test.Delete("gone");
        test.Delete("replaced");
        test.Create("replaced", 7);
        test.Resize("changed", 2);
        test.Create("new");
        test.Server.Store.Compact();
        test.Create("newer");
        test.Server.Heal();
        await test.Time.AdvanceUntilAsync(() => test.Lists == 2 && test.Server.Watches.Count == 1, Step);
        await Eventually.IsSoAsync(() => test.Recorder.Told.Count >= 10);
        Assert.Equal(["+new", "+newer", "+replaced", "-gone", "-replaced", "~changed"], test.Recorder.Told.Skip(4).Order(StringComparer.Ordinal));
        Assert.Empty(test.Recorder.Nonsense);
        Assert.Equal(7, test.Informer.Find("default", "replaced")!.Spec.Size);
    }

    [Fact]
    public async Task An_error_event_410_in_an_open_watch_makes_it_list_anew_at_once()
    {
        await using var test = await InformerUnderTest.NewAsync();
        test.Create("a");
        await test.StartedAsync();
        test.Server.Watches.Single().SendError(410, "Expired");
        await Eventually.IsSoAsync(() => test.Lists == 2 && test.WatchesAsked == 2);
        await test.ToldAsync("+a");
    }

    [Fact]
    public async Task Lists_whole_when_the_server_forgets_a_list_between_pages()
    {
        await using var test = await InformerUnderTest.NewAsync(new() { PageSize = 1 });
        test.Create("a");
        test.Create("b");
        test.Server.Fail(request => request.Query.ContainsKey("continue") ? new FakeFault.Refused(410, "Expired") : null, times: 1);
        await test.StartedAsync();
        Assert.Equal(2, test.Informer.Count);
        var last = test.Server.Requests.Last(request => request.Verb == "list");
        Assert.False(last.Query.ContainsKey("limit"));
        Assert.Equal(["+a", "+b"], test.Recorder.Told.Order());
    }

    [Fact]
    public async Task Waits_longer_and_longer_while_the_server_refuses_and_says_what_is_wrong()
    {
        await using var test = await InformerUnderTest.NewAsync();
        test.Create("a");
        test.Server.Fail(request => request.Verb == "list" ? new FakeFault.Refused(403, "Forbidden", "widgets is forbidden") : null);
        test.Start();
        await test.Informer.Asked.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(ApiFailure.Denied, test.Informer.Failure?.Failure);
        Assert.Contains("widgets is forbidden", test.Informer.Trouble, StringComparison.Ordinal);
        await test.Time.AdvanceUntilAsync(() => test.Time.GetUtcNow().Minute == 5, Step);
        Assert.InRange(test.Lists, 10, 40);
        Assert.False(test.Informer.Synced.IsCompleted);
        Assert.True(test.Informer.SinceContact >= TimeSpan.FromMinutes(5));

        test.Server.Heal();
        await test.Time.AdvanceUntilAsync(() => test.Informer.Synced.IsCompletedSuccessfully, Step);
        await test.WatchingAsync();
        test.Create("b");
        await test.ToldAsync("+a", "+b");
        Assert.Null(test.Informer.Trouble);
        Assert.True(test.Informer.SinceContact < TimeSpan.FromMinutes(1));

        // It forgot how long it waited.
        test.Server.Watches.Single().Drop();
        await Eventually.IsSoAsync(() => test.Server.Watches.Count == 0);
        var dropped = test.Time.GetUtcNow();
        await test.Time.AdvanceUntilAsync(() => test.Server.Watches.Count == 1, TimeSpan.FromMilliseconds(20));
        Assert.True(test.Time.GetUtcNow() - dropped < TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Breaks_off_a_watch_that_says_nothing_past_its_time()
    {
        await using var test = await InformerUnderTest.NewAsync();
        test.Create("a");
        await test.StartedAsync();
        await test.HeardAsync();
        var silent = test.Server.Watches.Single();
        silent.Stall();
        test.Resize("a", 2);
        var stalled = test.Time.GetUtcNow();
        await test.Time.AdvanceUntilAsync(() => test.WatchesAsked == 2, TimeSpan.FromSeconds(20));
        Assert.True(test.Time.GetUtcNow() - stalled >= TimeSpan.FromMinutes(5));

        // The long steps may have left no time for the answer: then it is asked once more.
        await test.Time.AdvanceUntilAsync(() => test.Recorder.Told.Count >= 2, TimeSpan.FromMilliseconds(10));
        await test.ToldAsync("+a", "~a");
        await Eventually.IsSoAsync(() => !test.Server.Watches.Contains(silent));
        Assert.Equal(1, test.Lists);
    }

    [Fact]
    public async Task A_server_that_ends_every_watch_at_once_is_not_asked_without_pause()
    {
        await using var test = await InformerUnderTest.NewAsync();
        await test.StartedAsync();
        for (var ends = 1; ends < 5; ends++)
        {
            test.Server.Watches.Single().End();
            await Eventually.IsSoAsync(() => test.Informer.Trouble is not null && test.Server.Watches.Count == 0);
            Assert.Equal(ends, test.WatchesAsked);
            await test.Time.AdvanceUntilAsync(() => test.Server.Watches.Count == 1, TimeSpan.FromMilliseconds(100));
        }
    }

    [Fact]
    public async Task Doubled_late_and_old_events_change_nothing()
    {
        await using var test = await InformerUnderTest.NewAsync();
        var listed = test.Create("a");
        await test.StartedAsync();
        var second = test.Resize("a", 2);
        var third = test.Resize("a", 3);
        var gone = test.Delete("a");
        var again = test.Create("a", 4);
        await test.ToldAsync("+a", "~a", "~a", "-a", "+a");
        var watch = test.Server.Watches.Single();
        watch.Send("ADDED", listed.ToNode());
        watch.Send("MODIFIED", second.ToNode());
        watch.Send("MODIFIED", third.ToNode());
        watch.Send("DELETED", gone.ToNode());
        watch.Send("ADDED", again.ToNode());
        test.Create("b");
        await test.ToldAsync("+a", "~a", "~a", "-a", "+a", "+b");
        Assert.Equal(4, test.Informer.Find("default", "a")!.Spec.Size);

        // Late, after it went.
        test.Delete("a");
        await Eventually.IsSoAsync(() => test.Informer.Count == 1);
        watch.Send("MODIFIED", again.ToNode());
        test.Delete("b");
        await test.ToldAsync("+a", "~a", "~a", "-a", "+a", "+b", "-a", "-b");
    }

    [Fact]
    public async Task Another_of_the_same_name_is_a_removal_and_an_addition()
    {
        await using var test = await InformerUnderTest.NewAsync();
        var first = test.Create("a");
        await test.StartedAsync();
        var successor = first.ToNode();
        successor["metadata"]!["uid"] = "another";
        successor["metadata"]!["resourceVersion"] = $"{first.Version + 5}";
        test.Server.Watches.Single().Send("MODIFIED", successor);
        await test.ToldAsync("+a", "-a", "+a");
    }

    [Fact]
    public async Task What_leaves_the_selector_is_removed_and_may_come_back()
    {
        await using var test = await InformerUnderTest.NewAsync(labels: "podpool.dev/pool=p");
        test.Create("other");
        await test.StartedAsync();
        Label("p");
        Label("q");
        Label("p");
        await test.ToldAsync("+other", "-other", "+other");

        void Label(string pool) => test.Server.Store.Patch(
            Widget.FakeKind,
            InformerUnderTest.NameOf("other"),
            new() { ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["labels"] = new System.Text.Json.Nodes.JsonObject { ["podpool.dev/pool"] = pool } } });
    }

    [Fact]
    public async Task Drops_what_nobody_needs_before_it_stores()
    {
        await using var test = await InformerUnderTest.NewAsync(transform: widget =>
        {
            widget.Metadata.ManagedFields = null;
            return widget;
        });
        var listed = Widget.Of("listed");
        listed.Metadata.ManagedFields = [new() { Manager = "somebody" }];
        test.Server.Store.Create(listed);
        await test.StartedAsync();
        listed.Metadata.Name = "watched";
        test.Server.Store.Create(listed);
        await test.ToldAsync("+listed", "+watched");
        Assert.All(test.Informer.All.Values, widget => Assert.Null(widget.Metadata.ManagedFields));
    }

    [Fact]
    public async Task A_handler_that_throws_stops_nothing()
    {
        await using var test = await InformerUnderTest.NewAsync();
        test.Informer.Tell(new Thrower());
        test.Create("a");
        await test.StartedAsync();
        test.Delete("a");
        await test.ToldAsync("+a", "-a");
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_makes_it_list_anew()
    {
        await using var test = await InformerUnderTest.NewAsync();
        test.Create("a");
        await test.StartedAsync();
        test.Server.Watches.Single().SendRaw("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"b\",\"resourceVersion\":\"1000\"}}}");
        await test.Time.AdvanceUntilAsync(() => test.Lists == 2 && test.Server.Watches.Count == 1, Step);
        await test.ToldAsync("+a");
    }

    [Fact]
    public async Task Ends_when_it_is_ended()
    {
        var test = await InformerUnderTest.NewAsync();
        test.Server.Fail(_ => new FakeFault.Refused(503, "ServiceUnavailable"));
        test.Start();
        await Eventually.IsSoAsync(() => test.Lists == 1);
        await test.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Informer.Synced);
    }

    private sealed class Thrower : IInformerHandler<Widget>
    {
        public void Added(Widget subject) => throw new InvalidOperationException("on purpose");

        public void Changed(Widget old, Widget subject) => throw new InvalidOperationException("on purpose");

        public void Removed(Widget last) => throw new InvalidOperationException("on purpose");
    }
}
