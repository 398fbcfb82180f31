using CsCheck;
using Microsoft.Extensions.Time.Testing;
using PodPool.Manager.Kubernetes.Api;
using PodPool.Manager.Kubernetes.Queueing;

namespace PodPool.Manager.Tests.Kubernetes.Queueing;

public sealed class WorkQueueTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly WorkQueue<string> _queue;

    public WorkQueueTests() => _queue = new(new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10)), _time);

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thing_named_often_waits_once_and_things_keep_their_order()
    {
        _queue.Add("a");
        _queue.Add("b");
        _queue.Add("a");
        Assert.Equal(2, _queue.Count);
        Assert.Equal("a", await TakeAsync());
        Assert.Equal("b", await TakeAsync());
        Assert.False(_queue.TakeAsync(Test).IsCompleted);
    }

    [Fact]
    public async Task A_thing_at_work_is_given_to_nobody_else_and_once_more_afterwards()
    {
        _queue.Add("a");
        await TakeAsync();
        _queue.Add("a");
        _queue.Add("a");
        var next = _queue.TakeAsync(Test);
        Assert.False(next.IsCompleted);
        _queue.Done("a");
        Assert.Equal("a", (await next).Key);
        _queue.Done("a");
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task Who_waits_is_woken_and_who_leaves_takes_nothing()
    {
        using var leaving = new CancellationTokenSource();
        var (left, stays) = (_queue.TakeAsync(leaving.Token), _queue.TakeAsync(Test));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        _queue.Add("a");
        Assert.Equal("a", (await stays.WaitAsync(TimeSpan.FromSeconds(10), Test)).Key);
    }

    [Fact]
    public async Task What_is_due_later_is_named_then_and_the_sooner_wins()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(5));
        _queue.AddAfter("a", TimeSpan.FromSeconds(2));
        _queue.AddAfter("a", TimeSpan.FromSeconds(9));
        _queue.AddAfter("b", TimeSpan.FromSeconds(3));
        _queue.AddAfter("c", TimeSpan.Zero);
        Assert.Equal("c", await TakeAsync());
        _time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal(0, _queue.Count);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("a", await TakeAsync());
        _queue.Done("a");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("b", await TakeAsync());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task What_fails_waits_longer_each_time_until_it_is_forgotten()
    {
        foreach (var (failures, longest) in new[] { (1, 0.1), (2, 0.2), (3, 0.4), (4, 0.8) })
        {
            _queue.AddAgain("a");
            Assert.Equal(failures, _queue.FailuresOf("a"));
            _time.Advance(TimeSpan.FromSeconds(longest / 2) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(0, _queue.Count);
            _time.Advance(TimeSpan.FromSeconds(longest / 2) + TimeSpan.FromMilliseconds(2));
            Assert.Equal("a", await TakeAsync());
            _queue.Done("a");
        }

        _queue.Forget("a");
        _queue.AddAgain("a");
        Assert.Equal(1, _queue.FailuresOf("a"));
        _time.Advance(TimeSpan.FromMilliseconds(101));
        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public async Task Shutting_down_lets_what_is_in_line_be_done_and_takes_nothing_new()
    {
        _queue.Add("a");
        _queue.Add("b");
        _queue.AddAfter("later", TimeSpan.FromSeconds(1));
        await TakeAsync();
        var waiting = new WorkQueue<string>(new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)), _time);
        var taker = waiting.TakeAsync(Test);
        await waiting.ShutDownAsync();
        Assert.False((await taker).Found);

        var down = _queue.ShutDownAsync();
        _queue.Add("c");
        _queue.AddAfter("c", TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("b", await TakeAsync());
        Assert.False((await _queue.TakeAsync(Test)).Found);
        _queue.Done("a");
        Assert.False(down.IsCompleted);
        _queue.Done("b");
        await down;
    }

    [Fact]
    public async Task Workers_try_again_what_throws_and_what_asks_for_it()
    {
        var (tries, failed) = (new List<string>(), new List<string>());
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var run = _queue.RunAsync(
            1,
            (key, _) =>
            {
                tries.Add(key);
                switch (tries.Count)
                {
                    case 1:
                        throw new InvalidOperationException("on purpose");
                    case 2:
                        second.SetResult();
                        return Task.FromResult<TimeSpan?>(TimeSpan.FromHours(1));
                    default:
                        return Task.FromResult<TimeSpan?>(null);
                }
            },
            (key, exception) => failed.Add($"{key}: {exception.Message}"),
            Test);
        _queue.Add("a");
        while (!second.Task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(second.Task, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Test));
        }

        Assert.Equal(["a: on purpose"], failed);
        await Peers.Eventually.IsSoAsync(() => _queue.FailuresOf("a") == 0);
        while (tries.Count < 3)
        {
            _time.Advance(TimeSpan.FromMinutes(10));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Test);
        }

        await _queue.ShutDownAsync();
        await run;
        Assert.Equal(["a", "a", "a"], tries);
    }

    [Fact]
    public async Task However_things_are_named_none_is_lost_and_none_worked_on_twice_at_a_time()
        => await Gen.Select(Gen.Int[0, 4], Gen.Int[0, 3]).List[1, 200].SampleAsync(
            async steps =>
            {
                using var queue = new WorkQueue<int>(new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(4)), TimeProvider.System);
                var (wanted, seen, busy, overlaps) = (new int[5], new int[5], new int[5], 0);
                var run = queue.RunAsync(
                    3,
                    async (key, _) =>
                    {
                        overlaps += Interlocked.Increment(ref busy[key]) > 1 ? 1 : 0;
                        var version = Volatile.Read(ref wanted[key]);
                        await Task.Yield();
                        Interlocked.Decrement(ref busy[key]);
                        if (version % 7 == 3 && Interlocked.Exchange(ref seen[key], -1) != -1)
                        {
                            throw new InvalidOperationException("once in a while");
                        }

                        Volatile.Write(ref seen[key], version);
                        return null;
                    },
                    (_, _) => { },
                    Test);
                foreach (var (key, how) in steps)
                {
                    Interlocked.Increment(ref wanted[key]);
                    if (how == 0)
                    {
                        queue.AddAfter(key, TimeSpan.FromMilliseconds(1));
                    }
                    else
                    {
                        queue.Add(key);
                    }
                }

                await Peers.Eventually.IsSoAsync(() => wanted.SequenceEqual(seen));
                await queue.ShutDownAsync();
                await run;
                Assert.Equal(0, overlaps);
            },
            iter: 50,
            threads: 1);

    public void Dispose() => _queue.Dispose();

    private async Task<string> TakeAsync()
    {
        var (found, key) = await _queue.TakeAsync(Test).WaitAsync(TimeSpan.FromSeconds(10), Test);
        Assert.True(found);
        return key;
    }
}
