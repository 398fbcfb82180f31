namespace PodPool.Core.Tests;

public sealed class AdoptionTests
{
    private static readonly PodId Pod = new("pod");

    private readonly PoolUnderTest _t = new();
    private readonly FunctionName _hello;

    public AdoptionTests()
    {
        _hello = _t.Set(PoolUnderTest.Function(idleSeconds: 80));
    }

    private static PodObservation Seen(PodPhase phase, string revision = "r1", string function = "hello", string id = "pod") =>
        new(new PodId(id), phase, "node", phase < PodPhase.Specializing ? null : new PodBinding(new FunctionName("default", function), revision, new ClaimId("claim-" + id)));

    [Fact]
    public void What_exists_is_taken_over_and_nothing_is_made_or_claimed_anew()
    {
        _t.Pool.Resize(PoolUnderTest.Spec(2));
        _t.Set(PoolUnderTest.Function(min: 1));

        _t.Pool.Reconcile([Seen(PodPhase.Serving, id: "a"), Seen(PodPhase.Warm, id: "b"), Seen(PodPhase.Starting, id: "c")]);

        Assert.Empty(_t.Created);
        Assert.Empty(_t.Claims);
        Assert.Empty(_t.Deletes);
        Assert.Equal([new PodId("a")], _t.Routed(_hello));
        var status = _t.Pool.Status;
        Assert.Equal((1, 1, 1), (status.Starting, status.Warm, status.Serving));
    }

    [Fact]
    public void An_adopted_instance_is_not_idle_from_the_first_moment()
    {
        _t.Pool.Reconcile([Seen(PodPhase.Serving)]);
        _t.PassSeconds(79);
        Assert.Equal([Pod], _t.Routed(_hello));
        _t.PassSeconds(12);
        Assert.Empty(_t.Routed(_hello));
    }

    [Fact]
    public void A_pod_found_specializing_is_a_claim_until_it_serves()
    {
        _t.Pool.Reconcile([Seen(PodPhase.Specializing)]);
        _t.Warm(2);
        var acquire = _t.Acquire(_hello);
        Assert.Empty(_t.Claims);

        _t.Pool.PodObserved(Seen(PodPhase.Serving));

        Assert.Equal(Pod, _t.InstanceOf(acquire).Pod);
    }

    [Fact]
    public void A_pod_found_specializing_that_fails_or_never_ends_is_deleted()
    {
        _t.Pool.Reconcile([Seen(PodPhase.Specializing, id: "a"), Seen(PodPhase.Specializing, id: "b")]);
        _t.Pool.PodObserved(Seen(PodPhase.Failed, id: "a"));
        _t.PassSeconds(45);
        Assert.Equal(["a", "b"], _t.Deletes.Select(delete => delete.Pod.Value));
    }

    [Fact]
    public void An_instance_of_another_revision_serves_until_the_present_one_does()
    {
        _t.Pool.Reconcile([Seen(PodPhase.Serving, "r0")]);
        Assert.Equal([new RoutedInstance(Pod, "r0")], _t.Pool.RouteOf(_hello).Instances);

        _t.Warm(1);
        Assert.Equal("r1", Assert.Single(_t.Claims).Function.Revision);
        _t.Serve();
        _t.Acknowledge();
        Assert.Equal([Pod], _t.Drains);
    }

    [Theory]
    [InlineData(PodPhase.Serving)]
    [InlineData(PodPhase.Specializing)]
    public void What_is_bound_to_an_unknown_function_is_deleted(PodPhase phase)
    {
        _t.Pool.Reconcile([Seen(phase, function: "nobody")]);
        Assert.Equal([(Pod, DeleteReason.Unowned)], _t.Deletes);
        Assert.Null(_t.Pool.RouteOf(new FunctionName("default", "nobody")).Function);
    }

    [Fact]
    public void What_serves_but_cannot_say_for_whom_is_deleted()
    {
        _t.Pool.Reconcile([new PodObservation(Pod, PodPhase.Serving, "node")]);
        Assert.Equal([(Pod, DeleteReason.Unowned)], _t.Deletes);
    }

    [Fact]
    public void A_failed_pod_is_deleted()
    {
        _t.Pool.Reconcile([Seen(PodPhase.Failed)]);
        Assert.Equal([(Pod, DeleteReason.Failed)], _t.Deletes);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("nobody")]
    public void A_draining_pod_may_end_what_it_runs(string function)
    {
        _t.Pool.Reconcile([Seen(PodPhase.Draining, function: function)]);
        _t.Acknowledge();
        _t.PassSeconds(2);
        Assert.Equal([Pod], _t.Drains);
        Assert.Empty(_t.Deletes);
        _t.Pool.Drained(Pod);
        Assert.Equal([(Pod, DeleteReason.Drained)], _t.Deletes);
    }

    [Fact]
    public void What_the_backend_does_not_list_is_gone_unless_it_was_only_ordered()
    {
        _t.Pool.Resize(PoolUnderTest.Spec(2));
        _t.Pool.Reconcile([Seen(PodPhase.Serving, id: "a"), Seen(PodPhase.Warm, id: "b")]);
        var ordered = Assert.Single(_t.Created);

        _t.Pool.Reconcile([]);

        Assert.Empty(_t.Routed(_hello));
        Assert.Equal(0, _t.Pool.Status.Warm);
        Assert.Equal(2, _t.Pool.Status.Starting);
        _t.Observe(ordered, PodPhase.Warm);
        Assert.Equal(1, _t.Pool.Status.Warm);
    }

    [Fact]
    public void A_delete_is_ordered_again_as_long_as_the_pod_exists()
    {
        _t.Pool.Reconcile([Seen(PodPhase.Failed)]);
        _t.Pool.Reconcile([Seen(PodPhase.Failed)]);
        Assert.Equal(2, _t.Deletes.Count);
        _t.Pool.PodGone(Pod, "");
        _t.Pool.Reconcile([]);
        Assert.Equal(2, _t.Deletes.Count);
    }

    [Fact]
    public void News_of_a_pod_that_is_gone_raises_nobody()
    {
        _t.Pool.Reconcile([]);
        _t.Pool.PodGone(Pod, "");
        _t.Pool.PodObserved(Seen(PodPhase.Warm));
        Assert.Equal(0, _t.Pool.Status.Warm);

        _t.PassSeconds(121);
        _t.Pool.PodObserved(Seen(PodPhase.Warm));
        Assert.Equal(0, _t.Pool.Status.Warm);

        // The sweeper has the last word.
        _t.Pool.Reconcile([Seen(PodPhase.Warm)]);
        Assert.Equal(1, _t.Pool.Status.Warm);
    }

    [Fact]
    public void A_pod_that_took_a_claim_is_never_warm_again_whatever_is_said_of_it()
    {
        _t.Pool.Reconcile([]);
        var pod = Assert.Single(_t.Warm(1));
        _t.Acquire(_hello);
        _t.Observe(pod, PodPhase.Warm);
        _t.Observe(pod, PodPhase.Starting);
        Assert.Equal((0, 1), (_t.Pool.Status.Warm, _t.Pool.Status.Claimed));

        _t.Serve();
        _t.Observe(pod, PodPhase.Warm);
        Assert.Equal((0, 1), (_t.Pool.Status.Warm, _t.Pool.Status.Serving));
    }

    [Fact]
    public void A_warm_pod_that_another_manager_claimed_is_an_instance()
    {
        _t.Pool.Reconcile([]);
        var pod = Assert.Single(_t.Warm(1));
        _t.Pool.PodObserved(Seen(PodPhase.Serving, id: pod.Value));
        Assert.Equal([pod], _t.Routed(_hello));
        Assert.Equal(0, _t.Pool.Status.Warm);
    }

    [Fact]
    public void An_instance_that_says_it_drains_or_failed_leaves_routing()
    {
        _t.Pool.Reconcile([Seen(PodPhase.Serving, id: "a"), Seen(PodPhase.Serving, id: "b")]);
        _t.Pool.PodObserved(Seen(PodPhase.Draining, id: "a"));
        _t.Pool.PodObserved(Seen(PodPhase.Failed, id: "b"));
        Assert.Empty(_t.Routed(_hello));
        Assert.Equal([(new PodId("b"), DeleteReason.Failed)], _t.Deletes);
        _t.Acknowledge();
        Assert.Equal([new PodId("a")], _t.Drains);
    }
}
