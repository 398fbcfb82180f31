using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Contracts;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Pods;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Manager.Tests.Kubernetes.Pods;

/// <summary>What is told out of its order, and labels that somebody else writes over.</summary>
public sealed class PodLabelWriterTests : IAsyncLifetime
{
    private static readonly ObjectName Name = new("ns", "default-abc");
    private static readonly PodBinding Bound = new(new("shop", "hello"), "r1", new("claim-1"));

    private readonly ConcurrentClock _clock = new(DateTimeOffset.UnixEpoch);
    private readonly CancellationTokenSource _ending = new();
    private FakeApiServer _server = null!;
    private KubernetesApi _api = null!;
    private PodLabelWriter _writer = null!;
    private V1Pod? _seen;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _api = _server.Connect();
        _server.Store.Create(new V1Pod { Metadata = new() { Name = Name.Name, NamespaceProperty = Name.Namespace } });
        _writer = new(_api.Resource<V1Pod>(), _ => _seen, _clock, NullLogger<PodLabelWriter>.Instance);
        _ = _writer.RunAsync(_ending.Token);
        await LookAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _writer.Dispose();
        _api.Dispose();
        await _server.DisposeAsync();
        _ending.Dispose();
    }

    [Fact]
    public async Task A_label_that_somebody_wrote_over_is_mended()
    {
        _writer.Observed(Name, PodPhase.Serving, Bound);
        await UntilSaidAsync(PodStates.Serving);
        _server.Store.Patch(FakeKind.Pods, Name, State(PodStates.Claimed));
        await LookAsync();
        await UntilSaidAsync(PodStates.Serving);
        Assert.Equal(2, Patches());
    }

    [Fact]
    public async Task What_a_pod_said_before_it_said_more_is_no_news()
    {
        _writer.Observed(Name, PodPhase.Serving, Bound);
        _writer.Observed(Name, PodPhase.Specializing, Bound);
        _writer.Claimed(Name, Bound);
        await UntilSaidAsync(PodStates.Serving);
        Assert.Equal(1, Patches());
    }

    [Fact]
    public async Task News_that_are_older_than_the_last_write_call_for_none()
    {
        var before = _seen!;
        _writer.Observed(Name, PodPhase.Serving, Bound);
        await UntilSaidAsync(PodStates.Serving);
        _writer.Seen(Name, before);
        await LookAsync();
        _clock.Advance(TimeSpan.FromMinutes(1));

        // One that comes behind whatever the old news had called for.
        _writer.Observed(Name, PodPhase.Draining, Bound);
        await UntilSaidAsync(PodStates.Draining);
        Assert.Equal(2, Patches());
    }

    private static JsonObject State(string state) => new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [PodLabels.State] = state } } };

    private int Patches() => _server.Requests.Count(request => request.Verb == "patch" && request.Kind == FakeKind.Pods);

    /// <summary>What a watch would tell.</summary>
    private async Task LookAsync()
    {
        _seen = await _api.Resource<V1Pod>().GetAsync(Name, Test);
        _writer.Seen(Name, _seen);
    }

    private Task UntilSaidAsync(string state) => _clock.AdvanceUntilAsync(
        () => _server.Store.Find(FakeKind.Pods, Name)!.Text("metadata", "labels", PodLabels.State) == state, TimeSpan.FromSeconds(1));
}
