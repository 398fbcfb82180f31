using PodPool.Contracts.V1;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Whole;

/// <summary>
/// A leader that reaches neither the API server nor a pod, as one on a node that is cut off. What it asks of the server arrives when the node is mended.
/// </summary>
public sealed class CutOffLeaderTests : IAsyncLifetime
{
    private readonly TaskCompletionSource _mended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClusterUnderTest _cluster = null!;
    private ClusterManager _leader = null!;
    private Instance _instance = null!;
    private string _served = "";

    public async ValueTask InitializeAsync()
    {
        _cluster = await ClusterUnderTest.StartAsync();
        _leader = await _cluster.StartManagerAsync("a");
        _cluster.Declare("hello", Compiled.Hello());
        await _cluster.UntilAsync(() => _cluster.IsReady("hello"));
        _instance = await _leader.AcquireAsync("hello");
        _served = await InstanceCall.TextAsync(_instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _leader.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Ends_no_pod_of_the_next_leader_when_it_is_mended()
    {
        await using var next = await _cluster.StartManagerAsync("b");
        using (await CutAsync())
        {
            await _cluster.UntilAsync(() => _cluster.LeaseHolder == "b");
        }

        Mend();
        await _leader.EndsAsync();

        var instance = await next.LedAsync("hello");
        Assert.Equal((_instance.Id, _served), (instance.Id, await InstanceCall.TextAsync(instance)));
        NothingWasDeleted();
    }

    [Fact]
    public async Task Looks_again_when_it_is_mended_and_leads_on()
    {
        using var router = await CutAsync();

        // Each takes most of a second: the pod has not answered for longer than it may.
        var renewals = Renewals();
        await Eventually.IsSoAsync(() => Renewals() > renewals + 5);
        Mend();
        renewals = Renewals();
        await Eventually.IsSoAsync(() => Renewals() > renewals + 2);

        var instance = await _leader.AcquireAsync("hello");
        Assert.Equal((_instance.Id, _served), (instance.Id, await InstanceCall.TextAsync(instance)));
        NothingWasDeleted();
    }

    /// <summary>From now on a router beside the leader cannot reach the instance either, and says so.</summary>
    private async Task<TestRouter> CutAsync()
    {
        _cluster.Server.Fail(request => request.User != "a" ? null : request.Kind == ClusterUnderTest.Leases ? new FakeFault.Dropped() : new FakeFault.Held(_mended.Task));
        _cluster.Kubelet.Suspend(_instance.Id);
        var router = await TestRouter.ConnectAsync(_leader.Routers);
        await router.SendAsync(new() { Suspect = new() { InstanceId = _instance.Id } });
        return router;
    }

    private void Mend()
    {
        _cluster.Kubelet.Resume(_instance.Id);
        _cluster.Server.Heal();
        _mended.SetResult();
    }

    private int Renewals() => _cluster.Server.Requests.Count(request => request is { User: "a", Verb: "update" } && request.Kind == ClusterUnderTest.Leases);

    private void NothingWasDeleted() => Assert.DoesNotContain(_cluster.Server.Requests, request => request.Verb == "delete" && request.Kind == FakeKind.Pods);
}
