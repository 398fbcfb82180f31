using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Watching;

/// <summary>An informer of widgets, a server, a clock that stands still, and a handler that listens.</summary>
internal sealed class InformerUnderTest : IAsyncDisposable
{
    private readonly KubernetesApi _api;
    private Task _run = Task.CompletedTask;

    private InformerUnderTest(ConcurrentClock time, FakeApiServer server, InformerOptions options, string? labels, Func<Widget, Widget>? transform)
    {
        Time = time;
        Server = server;
        _api = server.Connect(options: new() { Attempts = 1, ReadsPerSecond = 10_000, ReadBurst = 10_000 });
        Informer = new(_api.Resource<Widget>(labels: labels), options, transform, time, NullLogger<Informer<Widget>>.Instance);
        Informer.Tell(Recorder);
    }

    public ConcurrentClock Time { get; }

    public FakeApiServer Server { get; }

    public Informer<Widget> Informer { get; }

    public Recorder<Widget> Recorder { get; } = new();

    public int Lists => Server.Requests.Count(request => request.Verb == "list");

    public int WatchesAsked => Server.Requests.Count(request => request.Verb == "watch");

    public static async Task<InformerUnderTest> NewAsync(InformerOptions? options = null, string? labels = null, Func<Widget, Widget>? transform = null)
    {
        var time = new ConcurrentClock(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return new(time, await FakeApiServer.StartAsync(time), options ?? new(), labels, transform);
    }

    public void Start() => _run = Informer.RunAsync(TestContext.Current.CancellationToken);

    /// <summary>Starts, and returns when the first list is there and a watch is open.</summary>
    public async Task StartedAsync()
    {
        Start();
        await Informer.Synced.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await WatchingAsync();
    }

    /// <summary>Returns when one watch is open and begun to be served.</summary>
    public Task WatchingAsync() => Eventually.IsSoAsync(() => Server.Watches.Count == 1);

    /// <summary>Returns when the open watch has brought something: if the clock ran on before, the informer would have waited too long for its answer.</summary>
    public async Task HeardAsync()
    {
        Time.Advance(TimeSpan.FromTicks(1));
        Server.Bookmark();
        await Eventually.IsSoAsync(() => Informer.SinceContact == TimeSpan.Zero);
    }

    /// <summary>Returns when exactly that was told, in that order.</summary>
    public async Task ToldAsync(params string[] expected)
    {
        await Eventually.IsSoAsync(() => Recorder.Told.Count >= expected.Length);
        Assert.Equal(expected, Recorder.Told);
        Assert.Empty(Recorder.Nonsense);
    }

    public FakeObject Create(string name, int size = 1) => Server.Store.Create(Widget.Of(name, size));

    public FakeObject Resize(string name, int size) => Server.Store.Patch(Widget.FakeKind, NameOf(name), new() { ["spec"] = new JsonObject { ["size"] = size } });

    public FakeObject Delete(string name) => Server.Store.Delete(Widget.FakeKind, NameOf(name));

    public static ObjectName NameOf(string name) => new("default", name);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Informer.Dispose();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _api.Dispose();
        await Server.DisposeAsync();
    }
}
