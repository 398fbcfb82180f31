using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Contracts;
using PodPool.Core;
using PodPool.Manager.Claims;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Pods;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Manager.Kubernetes.Watching;
using PodPool.Manager.Leading;
using PodPool.Manager.Platform;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Pods;

/// <summary>The platform against an API server that says what a real one would.</summary>
public sealed class KubernetesPlatformTests : IAsyncLifetime
{
    private static readonly PodId Pod = new("default-abc");
    private static readonly ObjectName Name = new("ns", "default-abc");
    private static readonly FunctionName Hello = new("shop", "hello");
    private static readonly ClaimOrder Order = new(new("claim-1"), Pod, new(Hello, "r1", "sha256:1", 1, new(0, 1, TimeSpan.FromMinutes(1)), EmptyPoolPolicy.Wait), TimeSpan.FromSeconds(1));
    private static readonly PodObservation Serving = new(Pod, PodPhase.Serving, "node-1", new(Hello, "r1", Order.Claim));

    private readonly CancellationTokenSource _ending = new();
    private readonly Observer _observer = new();
    private readonly LeaderFence _fence = new(TimeSpan.FromMinutes(10), TimeProvider.System);
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ClaimKey _key = ClaimKey.Of(ClaimKey.MakePem());
    private FakeApiServer _server = null!;
    private KubernetesApi _api = null!;
    private Informer<RuntimePoolResource> _pools = null!;
    private KubernetesPlatform _platform = null!;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _api = _server.Connect();
        _server.Store.Create(PodManifestTests.Pool("""{"containers":[{"name":"runtime","image":"i"}]}"""));
        foreach (var node in new[] { "node-1", "node-2" })
        {
            _server.Store.Create(new V1Node { Metadata = new() { Name = node }, Status = new() { Conditions = [new() { Type = "Ready", Status = "True" }] } });
        }

        _pools = new(_api.Resource<RuntimePoolResource>(), new(), null, TimeProvider.System, NullLogger<Informer<RuntimePoolResource>>.Instance);
        _platform = new(_api, _pools, _key, _fence, ManagerUnderTest.OptionsFor("/nowhere"), TimeProvider.System, NullLoggerFactory.Instance);
        _ = _pools.RunAsync(_ending.Token);
        Assert.Empty(await _platform.StartAsync(_observer, Test));
        _reached.SetResult();
        _ = LeadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _platform.DisposeAsync();
        _pools.Dispose();
        _api.Dispose();
        _key.Dispose();
        await _server.DisposeAsync();
        _ending.Dispose();
    }

    [Fact]
    public async Task A_pod_is_seen_from_its_creation_and_can_be_called_once_it_has_an_address()
    {
        await RunningAsync();
        Assert.Equal(("ns/default", "node-1", "https://10.0.0.7:8081", false), Shape(_observer.Last(Pod)));
        Assert.True(await _platform.ExistsAsync(Pod, Test));
        Assert.Equal([Pod], (await _platform.ListAsync(Test)).Select(pod => pod.Pod));
    }

    [Fact]
    public async Task A_pool_that_is_gone_makes_no_pod()
        => await Assert.ThrowsAsync<PodCreationException>(() => _platform.CreateAsync(Pod, Options("ns/other"), Test));

    [Fact]
    public async Task What_the_server_refuses_is_told_in_its_words()
    {
        _server.Fail(request => request.Kind == FakeKind.Pods && request.Verb == "create" ? new FakeFault.Refused(403, "Forbidden", "exceeded quota: pods") : null);
        var thrown = await Assert.ThrowsAsync<PodCreationException>(() => _platform.CreateAsync(Pod, Options(), Test));
        Assert.Contains("exceeded quota: pods", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(_server.Store.All(FakeKind.Pods));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whether_a_pod_was_created_is_found_out_when_the_server_is_back(bool wasCreated)
    {
        var asked = 0;
        _server.Fail(request => request.Kind != FakeKind.Pods ? null
            : request.Verb == "create" ? new FakeFault.Dropped(wasCreated)
            : request.Verb == "get" && Interlocked.Increment(ref asked) == 1 ? new FakeFault.Dropped() : null);
        var creating = _platform.CreateAsync(Pod, Options(), Test);
        if (wasCreated)
        {
            await creating;
            Assert.Single(_server.Store.All(FakeKind.Pods));
        }
        else
        {
            await Assert.ThrowsAsync<PodCreationException>(() => creating);
        }

        Assert.True(asked >= 1);
    }

    [Fact]
    public async Task Labels_say_what_a_pod_is_and_a_start_is_one_write()
    {
        await RunningAsync();
        _platform.ClaimStarted(Order);
        _platform.Observed(Serving);
        await UntilAsync(() => Labels()?["podpool.dev/state"]?.GetValue<string>() == PodStates.Serving);

        Assert.Equal("hello", Labels()![PodLabels.Function]!.GetValue<string>());
        Assert.Equal("shop", Labels()![PodLabels.FunctionNamespace]!.GetValue<string>());
        Assert.Equal("r1", Labels()![PodLabels.Revision]!.GetValue<string>());
        Assert.Single(_server.Requests, request => request.Verb == "patch" && request.Kind == FakeKind.Pods);
        await _observer.UntilAsync(() => _platform.PodsOfAsync(Hello, Test).Result is [var serving] && serving == Pod);
    }

    [Fact]
    public async Task A_claim_that_never_came_to_its_pod_is_not_said_of_it_any_more()
    {
        await RunningAsync();
        _platform.ClaimStarted(Order);
        await UntilAsync(() => Labels()?[PodLabels.Function] is not null);
        _platform.Observed(new(Pod, PodPhase.Warm, "node-1"));
        await UntilAsync(() => Labels()?[PodLabels.State]?.GetValue<string>() == PodStates.Warm);
        Assert.DoesNotContain(Labels()!, label => label.Key is PodLabels.Function or PodLabels.FunctionNamespace or PodLabels.Revision);
        await _observer.UntilAsync(() => _platform.PodsOfAsync(Hello, Test).Result.Count == 0);
    }

    [Fact]
    public async Task What_a_pod_says_already_is_not_written_again()
    {
        await RunningAsync();
        var other = new PodId("default-def");
        await _platform.CreateAsync(other, Options(), Test);

        // As a manager that takes over hears of them, and of one thing that is new.
        _platform.Observed(new(Pod, PodPhase.Starting, "node-1"));
        _platform.Observed(new(other, PodPhase.Warm, "node-2"));
        await UntilAsync(() => Labels(new("ns", "default-def"))?["podpool.dev/state"]?.GetValue<string>() == PodStates.Warm);
        Assert.Single(_server.Requests, request => request.Verb == "patch" && request.Kind == FakeKind.Pods);
    }

    [Theory]
    [InlineData(500, "InternalError", 7)]
    [InlineData(409, "Conflict", 2)]
    public async Task A_label_that_could_not_be_written_is_tried_again(int code, string reason, int times)
    {
        await RunningAsync();
        _server.Fail(request => request.Verb == "patch" ? new FakeFault.Refused(code, reason) : null, times);
        _platform.Observed(new(Pod, PodPhase.Warm, "node-1"));
        await UntilAsync(() => Labels()?["podpool.dev/state"]?.GetValue<string>() == PodStates.Warm);
    }

    [Fact]
    public async Task Pods_of_a_node_that_is_lost_shall_not_be_claimed()
    {
        await RunningAsync();
        _server.Store.Patch(new("", "v1", "nodes"), new("", "node-1"), new() { ["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "Unknown" }) } });
        await _observer.UntilAsync(() => _observer.Last(Pod) is { IsCondemned: true });
        Assert.Contains("node-1", _observer.Last(Pod)!.Trouble, StringComparison.Ordinal);
        Assert.True(await _platform.ExistsAsync(Pod, Test));
    }

    [Fact]
    public async Task A_pod_that_somebody_deletes_shall_not_be_claimed_and_then_is_gone()
    {
        await RunningAsync();
        _server.Store.Delete(FakeKind.Pods, Name, grace: 30);
        await _observer.UntilAsync(() => _observer.Last(Pod) is { IsCondemned: true });
        _server.Store.Delete(FakeKind.Pods, Name, grace: 0);
        await _observer.UntilAsync(() => _observer.Gone.ContainsKey(Pod));
        Assert.False(await _platform.ExistsAsync(Pod, Test));
    }

    [Fact]
    public async Task A_pod_that_ended_is_gone_and_its_entry_removed()
    {
        await RunningAsync();
        _server.Store.Patch(FakeKind.Pods, Name, new() { ["status"] = new JsonObject { ["phase"] = "Failed", ["reason"] = "Evicted", ["message"] = "low on disk" } });
        await _observer.UntilAsync(() => _observer.Gone.ContainsKey(Pod));
        Assert.Contains("low on disk", _observer.Gone[Pod], StringComparison.Ordinal);
        Assert.Null(_observer.Last(Pod)!.LoaderAddress);
        await UntilAsync(() => _server.Store.Find(FakeKind.Pods, Name) is null or { IsDeleting: true });
    }

    [Fact]
    public async Task An_entry_that_could_not_be_removed_is_tried_again()
    {
        await RunningAsync();
        _server.Fail(request => request.Verb == "delete" ? new FakeFault.Refused(500, "InternalError") : null, times: 7);
        _server.Store.Patch(FakeKind.Pods, Name, new() { ["status"] = new JsonObject { ["phase"] = "Failed" } });
        await UntilAsync(() => _server.Store.Find(FakeKind.Pods, Name) is null or { IsDeleting: true });
    }

    [Fact]
    public async Task Deleting_means_this_pod_and_no_other_of_its_name()
    {
        await RunningAsync();
        var uid = _server.Store.Find(FakeKind.Pods, Name)!.Uid;
        await _platform.DeleteAsync(Pod, gently: true, Test);
        await UntilAsync(() => _server.Store.Find(FakeKind.Pods, Name) is null or { IsDeleting: true });
        var request = Assert.Single(_server.Requests, request => request.Verb == "delete");
        Assert.Equal(Name, request.ObjectName);
        Assert.NotEmpty(uid);
    }

    [Fact]
    public async Task Nothing_is_deleted_while_it_is_not_known_whether_another_leads()
    {
        await RunningAsync();
        var other = new PodId("default-def");
        await _platform.CreateAsync(other, Options(), Test);
        Volatile.Write(ref _reached, new(TaskCreationOptions.RunContinuationsAsynchronously));
        await _platform.DeleteAsync(Pod, gently: false, Test);
        _server.Store.Patch(FakeKind.Pods, new("ns", other.Value), new() { ["status"] = new JsonObject { ["phase"] = "Failed" } });
        await _observer.UntilAsync(() => _observer.Gone.ContainsKey(other));
        await _fence.Wanted.WaitAsync(TimeSpan.FromSeconds(20), Test);
        Assert.DoesNotContain(_server.Requests, request => request.Verb == "delete");

        _reached.SetResult();
        await UntilAsync(() => _server.Store.All(FakeKind.Pods).All(pod => pod.IsDeleting));
    }

    [Fact]
    public async Task What_is_being_deleted_is_not_deleted_again_however_often_its_end_is_told()
    {
        await RunningAsync();
        await _platform.DeleteAsync(Pod, gently: false, Test);
        await _observer.UntilAsync(() => _observer.Last(Pod) is { IsCondemned: true });
        await _platform.DeleteAsync(Pod, gently: false, Test);
        await _platform.DeleteAsync(Pod, gently: true, Test);
        _server.Store.Patch(FakeKind.Pods, Name, new() { ["status"] = new JsonObject { ["phase"] = "Succeeded" } });
        await _observer.UntilAsync(() => _observer.Gone.ContainsKey(Pod));
        _server.Store.Patch(FakeKind.Pods, Name, new() { ["status"] = new JsonObject { ["reason"] = "Completed" } });
        _server.Store.Delete(FakeKind.Pods, Name, grace: 0);
        await _observer.UntilAsync(() => _observer.Gone[Pod] == "it was deleted");
        Assert.Single(_server.Requests, request => request.Verb == "delete");
    }

    [Fact]
    public async Task A_pod_that_somebody_deletes_slowly_ends_as_soon_as_it_shall()
    {
        await RunningAsync();
        _server.Store.Delete(FakeKind.Pods, Name, grace: 3600);
        await _observer.UntilAsync(() => _observer.Last(Pod) is { IsCondemned: true });
        await _platform.DeleteAsync(Pod, gently: false, Test);
        await UntilAsync(() => _server.Store.Find(FakeKind.Pods, Name)!.Text("metadata", "deletionGracePeriodSeconds") == "1");
    }

    /// <summary>As an election does that nobody else takes part in.</summary>
    private async Task LeadAsync()
    {
        while (true)
        {
            await _fence.Wanted.WaitAsync(_ending.Token);
            await Volatile.Read(ref _reached).Task.WaitAsync(_ending.Token);
            _fence.Prove(_fence.Begin());
        }
    }

    private static PoolOptions Options(string pool = "ns/default") => new() { Name = pool };

    private static (string, string, string?, bool) Shape(PlatformPod? pod) => (pod!.Pool, pod.Node, pod.LoaderAddress, pod.IsCondemned);

    private JsonObject? Labels(ObjectName? pod = null) => _server.Store.Find(FakeKind.Pods, pod ?? Name)?.ToNode()["metadata"]?["labels"]?.AsObject();

    private async Task RunningAsync()
    {
        await _platform.CreateAsync(Pod, Options(), Test);
        await _observer.UntilAsync(() => _observer.Last(Pod) is { LoaderAddress: null });
        _server.Store.Patch(FakeKind.Pods, Name, new()
        {
            ["spec"] = new JsonObject { ["nodeName"] = "node-1" },
            ["status"] = new JsonObject { ["phase"] = "Running", ["podIP"] = "10.0.0.7" },
        });
        await _observer.UntilAsync(() => _observer.Last(Pod) is { LoaderAddress: not null });
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        while (true)
        {
            var next = _server.Store.Next;
            if (holds())
            {
                return;
            }

            await next.WaitAsync(TimeSpan.FromSeconds(20), Test);
        }
    }

    private sealed class Observer : IPlatformObserver
    {
        private readonly ConcurrentDictionary<PodId, PlatformPod> _seen = new();
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentDictionary<PodId, string> Gone { get; } = new();

        public PlatformPod? Last(PodId pod) => _seen.GetValueOrDefault(pod);

        public async Task UntilAsync(Func<bool> holds)
        {
            while (true)
            {
                var next = Volatile.Read(ref _next).Task;
                if (holds())
                {
                    return;
                }

                await next.WaitAsync(TimeSpan.FromSeconds(20), Test);
            }
        }

        void IPlatformObserver.Seen(PlatformPod pod)
        {
            _seen[pod.Pod] = pod;
            Wake();
        }

        void IPlatformObserver.Gone(PodId pod, string why)
        {
            Gone[pod] = why;
            Wake();
        }

        private void Wake() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
