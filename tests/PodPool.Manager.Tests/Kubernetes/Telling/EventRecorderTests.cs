using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Telling;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Manager.Tests.Kubernetes.Telling;

public sealed class EventRecorderTests : IAsyncLifetime
{
    private static readonly FakeKind Events = new("events.k8s.io", "v1", "events");
    private static readonly ObjectEvent Missing = new(IsWarning: true, "SecretMissing", "create the Secret 'tokens'");

    private readonly ConcurrentClock _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly CancellationTokenSource _over = new();
    private FakeApiServer _server = null!;
    private KubernetesApi _api = null!;
    private EventRecorder _recorder = null!;
    private Task _running = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync(_time);
        _api = _server.Connect();
        _recorder = new(_api, "manager-a", _time, NullLogger<EventRecorder>.Instance);
        _running = _recorder.RunAsync(_over.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _api.Dispose();
        await _server.DisposeAsync();
        _over.Dispose();
    }

    [Fact]
    public async Task An_event_names_its_object_its_reason_and_who_tells()
    {
        _recorder.Record(Created("a"), Missing);
        var told = Assert.Single(await UntilAsync(all => all.Count == 1)).ToNode();
        Assert.Equal("a", (string?)told["regarding"]!["name"]);
        Assert.Equal("default", (string?)told["regarding"]!["namespace"]);
        Assert.Equal("uid-a", (string?)told["regarding"]!["uid"]);
        Assert.Equal("Warning", (string?)told["type"]);
        Assert.Equal("SecretMissing", (string?)told["reason"]);
        Assert.Equal("create the Secret 'tokens'", (string?)told["note"]);
        Assert.Equal(EventRecorder.Controller, (string?)told["reportingController"]);
        Assert.Equal("manager-a", (string?)told["reportingInstance"]);
        Assert.Equal("2026-01-01T00:00:00.000001Z", (string?)told["eventTime"]);
    }

    [Fact]
    public async Task The_same_once_more_is_counted_and_after_a_while_told_anew()
    {
        for (var i = 0; i < 3; i++)
        {
            _recorder.Record(Created("a"), Missing);
        }

        await UntilAsync(all => all is [var one] && (int?)one.ToNode()["series"]?["count"] == 3);
        _time.Advance(TimeSpan.FromMinutes(11));
        _recorder.Record(Created("a"), Missing);
        await UntilAsync(all => all.Count == 2);
    }

    [Fact]
    public async Task An_object_with_much_to_say_is_cut_short_and_others_are_not()
    {
        for (var i = 0; i < 40; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            _recorder.Record(Created("a"), Missing with { Message = $"{i}" });
        }

        _recorder.Record(Created("b"), Missing);
        await UntilAsync(all => all.Any(one => (string?)one.ToNode()["regarding"]!["name"] == "b"));
        Assert.Equal(25, _server.Store.All(Events).Count(one => (string?)one.ToNode()["regarding"]!["name"] == "a"));
    }

    [Fact]
    public async Task An_event_that_cannot_be_written_is_lost_and_the_next_is_told()
    {
        _server.Fail(request => request.Verb == "create" ? new FakeFault.Refused(403, "Forbidden") : null, times: 1);
        _recorder.Record(Created("a"), Missing);
        _recorder.Record(Created("a"), Missing with { Reason = "RegistryUnavailable" });
        Assert.Equal("RegistryUnavailable", (string?)Assert.Single(await UntilAsync(all => all.Count == 1)).ToNode()["reason"]);
    }

    [Fact]
    public async Task A_note_that_is_too_long_is_cut_and_a_name_too()
    {
        _recorder.Record(Created(new string('a', 253)), Missing with { Message = new('m', 5000) });
        var told = Assert.Single(await UntilAsync(all => all.Count == 1));
        Assert.Equal(1024, ((string?)told.ToNode()["note"])!.Length);
        Assert.InRange(told.Name.Length, 1, 253);
    }

    private static Widget Created(string name)
    {
        var widget = Widget.Of(name);
        widget.Metadata.Uid = $"uid-{name}";
        return widget;
    }

    private async Task<IReadOnlyList<FakeObject>> UntilAsync(Func<IReadOnlyList<FakeObject>, bool> holds)
    {
        // The API's own limits take their time too.
        await _time.AdvanceUntilAsync(() => holds(_server.Store.All(Events)), TimeSpan.FromMilliseconds(10));
        return _server.Store.All(Events);
    }
}
