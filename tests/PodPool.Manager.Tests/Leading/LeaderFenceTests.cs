using PodPool.Manager.Leading;
using PodPool.Manager.Tests.Kubernetes.FakeApi;

namespace PodPool.Manager.Tests.Leading;

public sealed class LeaderFenceTests
{
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(4);

    private readonly ConcurrentClock _time = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly LeaderFence _fence;

    public LeaderFenceTests() => _fence = new(Lasts, _time);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_is_alone_passes_at_once()
    {
        Assert.True(LeaderFence.Open.PassAsync(Test).IsCompletedSuccessfully);
        var done = false;
        await LeaderFence.Open.DoAsync(token => Task.FromResult(done = token == Test), Test);
        Assert.True(done);
    }

    [Fact]
    public async Task Only_a_proof_that_began_after_the_question_counts()
    {
        var early = _fence.PassAsync(Test);
        var proof = _fence.Begin();
        var late = _fence.PassAsync(Test);
        _fence.Prove(proof);
        await early.WaitAsync(TimeSpan.FromSeconds(10), Test);
        Assert.False(late.IsCompleted);

        // An attempt that failed proves nothing, and the next one counts for all that asked before it.
        _fence.Begin();
        Assert.False(late.IsCompleted);
        _fence.Prove(_fence.Begin());
        await late.WaitAsync(TimeSpan.FromSeconds(10), Test);
    }

    [Fact]
    public async Task Says_when_a_proof_is_wanted_that_did_not_begin_yet()
    {
        Assert.False(_fence.Wanted.IsCompleted);
        var pass = _fence.PassAsync(Test);
        Assert.True(_fence.Wanted.IsCompleted);
        var proof = _fence.Begin();
        Assert.False(_fence.Wanted.IsCompleted);
        var wanted = _fence.Wanted;
        var other = _fence.PassAsync(Test);
        Assert.True(wanted.IsCompleted);
        _fence.Prove(proof);
        await pass;
        _fence.Prove(_fence.Begin());
        await other;
    }

    [Fact]
    public async Task What_is_done_ends_when_another_may_lead()
    {
        using var begun = new SemaphoreSlim(0);
        var doing = _fence.DoAsync(
            token =>
            {
                begun.Release();
                return Task.Delay(Timeout.InfiniteTimeSpan, _time, token);
            },
            Test);
        var proof = _fence.Begin();

        // The answer takes a second: nobody counts it but from when it was asked.
        _time.Advance(TimeSpan.FromSeconds(1));
        _fence.Prove(proof);
        await begun.WaitAsync(TimeSpan.FromSeconds(10), Test);
        await _time.AdvanceUntilAsync(() => doing.IsCompleted, TimeSpan.FromSeconds(0.5));
        await Assert.ThrowsAsync<TimeoutException>(() => doing);
    }

    [Fact]
    public async Task What_was_proven_too_slowly_lets_nobody_do_anything()
    {
        var done = false;
        var doing = _fence.DoAsync(_ => Task.FromResult(done = true), Test);
        var proof = _fence.Begin();
        _time.Advance(Lasts);
        _fence.Prove(proof);
        await Assert.ThrowsAsync<TimeoutException>(() => doing);
        Assert.False(done);
    }

    [Fact]
    public async Task Who_waits_no_longer_leaves_and_hears_that_it_was_not_for_time()
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Test);
        var pass = _fence.PassAsync(leaving.Token);
        var doing = _fence.DoAsync(_ => Task.CompletedTask, leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pass);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => doing);
    }
}
