using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Leading;
using PodPool.Manager.Leading;
using PodPool.Manager.Tests.Kubernetes.FakeApi;
using PodPool.Manager.Tests.Peers;

namespace PodPool.Manager.Tests.Kubernetes.Leading;

public sealed class LeaseElectionTests : IAsyncLifetime
{
    private static readonly FakeKind Leases = new("coordination.k8s.io", "v1", "leases");
    private static readonly ObjectName Name = new("podpool-system", "podpool-manager");

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    private readonly ConcurrentClock _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly List<KubernetesApi> _clients = [];
    private FakeApiServer _server = null!;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    private FakeObject Lease => _server.Store.Find(Leases, Name)!;

    private string? Holder => Lease.Text("spec", "holderIdentity");

    public async ValueTask InitializeAsync() => _server = await FakeApiServer.StartAsync(_time);

    [Fact]
    public async Task The_first_makes_the_lease_and_leads_the_second_waits()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.RoundAsync();
        await b.RoundAsync();
        Assert.Equal((1L, null), (a.Epoch, b.Epoch));
        Assert.Equal(("a", "4", "1"), (Holder, Lease.Text("spec", "leaseDurationSeconds"), Lease.Text("spec", "leaseTransitions")));
        Assert.Equal(("a", "a"), (a.Holder, b.Holder));

        // The server accepts microseconds only.
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", Lease.Text("spec", "renewTime"));
    }

    [Fact]
    public async Task A_lease_that_is_renewed_is_never_taken()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        for (var seconds = 0; seconds < 60; seconds++)
        {
            await a.RoundAsync();
            await b.RoundAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((1L, null), (a.Epoch, b.Epoch));
    }

    [Fact]
    public async Task A_lease_is_taken_after_it_was_seen_unchanged_for_its_duration_whatever_its_clock_says()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.RoundAsync();

        // Its holder's clock is years behind; that says nothing.
        _server.Store.Patch(Leases, Name, new() { ["spec"] = new JsonObject { ["renewTime"] = "2001-01-01T00:00:00.000001Z" } });
        await b.RoundAsync();
        _time.Advance(TimeSpan.FromSeconds(3.9));
        await b.RoundAsync();
        Assert.Null(b.Epoch);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await b.RoundAsync();
        Assert.Equal((2L, "b"), (b.Epoch, Holder));
    }

    [Fact]
    public async Task A_slow_answer_does_not_make_a_lease_look_older()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.RoundAsync();
        var answer = new TaskCompletionSource();
        _server.Fail(request => request.User == "b" ? new FakeFault.AnswerHeld(answer.Task) : null, times: 1);
        var slow = b.RoundAsync();
        await Eventually.IsSoAsync(() => _server.Requests.Any(request => request.User == "b"));
        _time.Advance(TimeSpan.FromSeconds(1.5));
        answer.SetResult();
        await slow;
        _time.Advance(TimeSpan.FromSeconds(3));
        await b.RoundAsync();
        Assert.Null(b.Epoch);
        _time.Advance(TimeSpan.FromSeconds(1));
        await b.RoundAsync();
        Assert.Equal(2, b.Epoch);
    }

    [Fact]
    public async Task A_leader_that_cannot_reach_the_server_goes_on_until_it_sees_another()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.RoundAsync();
        _server.Fail(request => request.User == "a" ? new FakeFault.Dropped() : null);
        for (var seconds = 0; seconds < 10; seconds++)
        {
            await a.RoundAsync();
            await b.RoundAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((1L, 2L), (a.Epoch, b.Epoch));
        _server.Heal();
        await a.RoundAsync();
        Assert.Null(a.Epoch);
        Assert.Equal("b", a.LostTo);

        // For good.
        await b.ReleaseAsync();
        await a.RoundAsync();
        Assert.Null(a.Epoch);
        Assert.Null(Holder);
    }

    [Fact]
    public async Task A_server_that_is_down_for_all_changes_no_leader()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.RoundAsync();
        await b.RoundAsync();
        _server.Fail(_ => new FakeFault.Refused(503, "ServiceUnavailable"));
        for (var seconds = 0; seconds < 30; seconds++)
        {
            await a.RoundAsync();
            await b.RoundAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        // Whoever comes back first: the lease is old, but the leader renews it as soon as it can.
        _server.Heal();
        await a.RoundAsync();
        await b.RoundAsync();
        Assert.Equal((1L, null), (a.Epoch, b.Epoch));
    }

    [Theory]
    [InlineData("create")]
    [InlineData("update")]
    public async Task A_taking_whose_answer_was_lost_counts(string verb)
    {
        if (verb == "update")
        {
            var before = Candidate("before");
            await before.RoundAsync();
            await before.ReleaseAsync();
        }

        var a = Candidate("a");
        _server.Fail(request => request.Verb == verb ? new FakeFault.Dropped(IsDone: true) : null, times: 1);
        await a.RoundAsync();
        Assert.Null(a.Epoch);
        Assert.Equal("a", Holder);
        await a.RoundAsync();
        Assert.Equal(verb == "update" ? 2 : 1, a.Epoch);
    }

    [Fact]
    public async Task A_renewal_whose_answer_was_lost_or_that_somebody_wrote_beside_is_no_loss()
    {
        var a = Candidate("a");
        await a.RoundAsync();
        _server.Fail(request => request.Verb == "update" ? new FakeFault.Dropped(IsDone: true) : null, times: 1);
        await a.RoundAsync();
        await a.RoundAsync();
        Assert.Equal(1, a.Epoch);
        _server.Store.Patch(Leases, Name, new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["a"] = "b" } } });
        var before = Lease.Text("spec", "renewTime");
        _time.Advance(TimeSpan.FromSeconds(1));
        await a.RoundAsync();
        Assert.Equal(1, a.Epoch);
        Assert.NotEqual(before, Lease.Text("spec", "renewTime"));
        Assert.Equal("b", Lease.Text("metadata", "labels", "a"));
    }

    [Fact]
    public async Task A_lease_that_was_deleted_is_made_again_by_its_leader()
    {
        var a = Candidate("a");
        await a.RoundAsync();
        _server.Store.Delete(Leases, Name);
        await a.RoundAsync();
        Assert.Equal((1L, "a", "1"), (a.Epoch, Holder, Lease.Text("spec", "leaseTransitions")));
    }

    [Fact]
    public async Task Epochs_do_not_start_anew_with_a_lease_that_was_deleted()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.RoundAsync();
        await b.RoundAsync();
        _server.Store.Delete(Leases, Name);
        await b.RoundAsync();
        Assert.Equal(2, b.Epoch);
        await a.RoundAsync();
        Assert.Equal("b", a.LostTo);
    }

    [Fact]
    public async Task Given_back_it_is_taken_at_once()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.RoundAsync();
        await b.RoundAsync();
        await a.ReleaseAsync();
        Assert.Null(a.Epoch);
        Assert.Null(Holder);
        await b.RoundAsync();
        Assert.Equal((2L, "b"), (b.Epoch, Holder));
    }

    [Fact]
    public async Task Given_back_even_when_nobody_knows_whether_it_was_taken()
    {
        var a = Candidate("a");
        _server.Fail(request => request.Verb == "create" ? new FakeFault.Dropped(IsDone: true) : null, times: 1);
        await a.RoundAsync();
        await a.ReleaseAsync();
        Assert.Null(Holder);
    }

    [Fact]
    public async Task Never_given_back_for_another()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.RoundAsync();
        await b.RoundAsync();
        _time.Advance(TimeSpan.FromSeconds(4));
        await b.RoundAsync();
        await a.ReleaseAsync();
        Assert.Equal("b", Holder);
    }

    [Fact]
    public async Task Running_it_leads_renews_beside_the_work_and_gives_back_when_the_work_has_ended()
    {
        var a = Candidate("a");
        using var stopping = new CancellationTokenSource();
        var (began, asked, mayEnd) = (new TaskCompletionSource<long>(), new TaskCompletionSource(), new TaskCompletionSource());
        var run = a.RunAsync(
            async (epoch, token) =>
            {
                began.SetResult(epoch);
                await using var registration = token.Register(asked.SetResult);
                await mayEnd.Task;
            },
            stopping.Token);
        Assert.Equal(1, await began.Task.WaitAsync(TimeSpan.FromSeconds(10), Test));
        var renewed = Lease.Version;
        await _time.AdvanceUntilAsync(() => Lease.Version >= renewed + 3, TimeSpan.FromMilliseconds(500));
        await stopping.CancelAsync();
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(10), Test);

        // The work takes its time to end: nobody may take the lease meanwhile.
        renewed = Lease.Version;
        await _time.AdvanceUntilAsync(() => Lease.Version >= renewed + 3, TimeSpan.FromMilliseconds(500));
        Assert.Equal("a", Holder);
        mayEnd.SetResult();
        Assert.IsType<LeaseEnd.Stopped>(await run.WaitAsync(TimeSpan.FromSeconds(10), Test));
        Assert.Null(Holder);
    }

    [Fact]
    public async Task Running_it_ends_with_the_loss_and_tells_the_work()
    {
        var a = Candidate("a");
        var (began, told) = (new TaskCompletionSource(), new TaskCompletionSource());
        var run = a.RunAsync(
            (_, token) =>
            {
                token.Register(told.SetResult);
                began.SetResult();
                return Task.CompletedTask;
            },
            Test);
        await began.Task.WaitAsync(TimeSpan.FromSeconds(10), Test);
        _server.Store.Patch(Leases, Name, new() { ["spec"] = new JsonObject { ["holderIdentity"] = "b", ["leaseTransitions"] = 2 } });
        await _time.AdvanceUntilAsync(() => run.IsCompleted, TimeSpan.FromMilliseconds(500));
        Assert.Equal(new LeaseEnd.Lost("b"), await run);
        Assert.True(told.Task.IsCompleted);
        Assert.Equal("b", Holder);
    }

    [Fact]
    public async Task Work_that_throws_gives_the_lease_back()
    {
        var a = Candidate("a");
        var run = a.RunAsync((_, _) => throw new InvalidOperationException("on purpose"), Test);
        await _time.AdvanceUntilAsync(() => run.IsCompleted, TimeSpan.FromMilliseconds(100));
        Assert.Equal("on purpose", (await Assert.ThrowsAsync<InvalidOperationException>(() => run)).Message);
        Assert.Null(Holder);
    }

    [Fact]
    public async Task Who_waits_at_the_fence_passes_when_the_lease_was_renewed_since_and_not_while_it_cannot_be()
    {
        var fence = new LeaderFence(Duration, _time);
        var a = Candidate("a", fence);
        await a.RoundAsync();
        _server.Fail(request => request.User == "a" ? new FakeFault.Dropped(IsDone: true) : null);
        var pass = fence.PassAsync(Test);
        var until = fence.ProvenUntil;
        for (var seconds = 0; seconds < 5; seconds++)
        {
            await a.RoundAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        // Whatever was done of it, nobody said so.
        Assert.Equal(until, fence.ProvenUntil);
        Assert.False(pass.IsCompleted);
        _server.Heal();
        await a.RoundAsync();
        await pass.WaitAsync(TimeSpan.FromSeconds(10), Test);
    }

    [Fact]
    public async Task A_lease_that_is_only_found_to_be_ones_own_proves_nothing_before_it_is_renewed()
    {
        var fence = new LeaderFence(Duration, _time);
        var (a, b) = (Candidate("a", fence), Candidate("b"));
        _server.Fail(request => request.Verb == "create" ? new FakeFault.Dropped(IsDone: true) : null, times: 1);
        await a.RoundAsync();
        await b.RoundAsync();
        _time.Advance(TimeSpan.FromSeconds(3));
        await a.RoundAsync();
        Assert.Equal(1, a.Epoch);
        Assert.Equal(0, fence.ProvenUntil);

        // It may take it a second later, had it not been renewed.
        await a.RoundAsync();
        Assert.Equal(Duration, _time.GetElapsedTime(_time.GetTimestamp(), fence.ProvenUntil));
        _time.Advance(TimeSpan.FromSeconds(1));
        await b.RoundAsync();
        Assert.Null(b.Epoch);
    }

    [Fact]
    public async Task Who_lost_the_lease_lets_nobody_pass_any_more()
    {
        var fence = new LeaderFence(Duration, _time);
        var (a, b) = (Candidate("a", fence), Candidate("b"));
        await a.RoundAsync();
        await b.RoundAsync();
        var pass = fence.PassAsync(Test);
        var until = fence.ProvenUntil;
        _time.Advance(Duration);
        await b.RoundAsync();
        await a.RoundAsync();
        await a.RoundAsync();
        Assert.Equal("b", a.LostTo);
        Assert.Equal(until, fence.ProvenUntil);
        Assert.False(pass.IsCompleted);
    }

    [Fact]
    public async Task A_proof_that_is_wanted_does_not_wait_for_the_next_renewal()
    {
        var fence = new LeaderFence(TimeSpan.FromMinutes(4), _time);
        var a = Candidate("a", fence, new() { Namespace = Name.Namespace, Identity = "a", Duration = TimeSpan.FromMinutes(4), RenewEvery = TimeSpan.FromMinutes(1), RequestTimeout = TimeSpan.FromMinutes(1) });
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Test);
        var run = a.RunAsync((_, _) => Task.CompletedTask, stopping.Token);
        await Eventually.IsSoAsync(() => a.Epoch is not null);
        var begun = _time.GetUtcNow();
        var pass = fence.PassAsync(Test);
        await _time.AdvanceUntilAsync(() => pass.IsCompleted, TimeSpan.FromMilliseconds(20));
        Assert.True(_time.GetUtcNow() - begun < TimeSpan.FromSeconds(40));
        await stopping.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(10), Test);
    }

    [Fact]
    public async Task Who_stops_before_it_leads_just_ends()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.RoundAsync();
        using var stopping = new CancellationTokenSource();
        var run = b.RunAsync((_, _) => throw new InvalidOperationException("leads"), stopping.Token);
        await Eventually.IsSoAsync(() => b.Holder == "a");
        await stopping.CancelAsync();
        Assert.IsType<LeaseEnd.Stopped>(await run.WaitAsync(TimeSpan.FromSeconds(10), Test));
        Assert.Equal("a", Holder);
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await _server.DisposeAsync();
    }

    private LeaseElection Candidate(string name, LeaderFence? fence = null, LeaseOptions? options = null)
    {
        var client = _server.Connect(name);
        _clients.Add(client);
        return new(client.Resource<V1Lease>(urgent: true), options ?? new() { Namespace = Name.Namespace, Identity = name }, fence ?? new(Duration, _time), _time, NullLogger<LeaseElection>.Instance);
    }
}
