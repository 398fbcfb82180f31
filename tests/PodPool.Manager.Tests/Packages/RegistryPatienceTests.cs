using Microsoft.AspNetCore.Http;
using PodPool.Manager.Packages;

namespace PodPool.Manager.Tests.Packages;

/// <summary>How long a server is waited for, and how often asked: by the pauses that it wants, its failures and its silence.</summary>
public sealed class RegistryPatienceTests
{
    private static readonly byte[] Code = "the code"u8.ToArray();

    private readonly FakePackage _package = new(("a.dll", Code), ("b.dll", "more"u8.ToArray()));

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_server_that_asks_for_a_pause_gets_it(int status)
    {
        var time = new WaitRecorder();
        var asked = 0;
        await using var server = await FakeServer.StartAsync(context =>
        {
            if (Interlocked.Increment(ref asked) > 2)
            {
                return _package.AnswerAsync(context);
            }

            context.Response.Headers.RetryAfter = "7";
            return FakeServer.AnswerAsync(context, status);
        });
        using var source = new SourceUnderTest(server.Host, time: time);
        await source.PullAsync(_package.At(server.Host));
        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7)], time.Waits);
    }

    [Fact]
    public async Task A_server_that_asks_for_a_long_pause_is_left_alone()
    {
        await using var server = await FakeServer.StartAsync(context =>
        {
            context.Response.Headers.RetryAfter = "3600";
            return FakeServer.AnswerAsync(context, 429);
        });
        using var source = new SourceUnderTest(server.Host);
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.Unavailable);
        Assert.Equal(TimeSpan.FromHours(1), failure.RetryAfter);
        Assert.True(failure.IsTransient);
        Assert.Contains("too many requests (status 429), not before 3600 s", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_that_fails_is_asked_a_few_times_with_longer_pauses()
    {
        var time = new WaitRecorder();
        await using var server = await FakeServer.StartAsync(context => FakeServer.AnswerAsync(context, 502));
        using var source = new SourceUnderTest(server.Host, time: time, change: options => options with { BackOff = TimeSpan.FromSeconds(1) });
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.Unavailable);
        Assert.Contains("the server failed (status 502)", failure.Message, StringComparison.Ordinal);
        Assert.Equal(4, server.Requests.Count);
        Assert.Collection(
            time.Waits,
            wait => Assert.InRange(wait.TotalSeconds, 0.5, 1),
            wait => Assert.InRange(wait.TotalSeconds, 1, 2),
            wait => Assert.InRange(wait.TotalSeconds, 2, 4));
    }

    [Fact]
    public async Task A_transfer_that_breaks_off_is_made_again()
    {
        var broken = 0;
        await using var server = await FakeServer.StartAsync(async context =>
        {
            if (context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal) && Interlocked.Increment(ref broken) == 1)
            {
                context.Response.ContentLength = Code.Length;
                await context.Response.Body.WriteAsync(Code.AsMemory(0, 3), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                context.Abort();
                return;
            }

            await _package.AnswerAsync(context);
        });
        using var source = new SourceUnderTest(server.Host, change: options => options with { Transfers = 1 });
        await source.PullAsync(_package.At(server.Host));
        Assert.Equal(3, broken);
        Assert.Empty(source.Leftovers());
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up()
    {
        await using var server = await FakeServer.StartAsync(context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        using var source = new SourceUnderTest(server.Host, change: options => options with { Attempts = 1, StallTimeout = TimeSpan.FromMilliseconds(100) });
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.Unreachable);
        Assert.Contains("no answer came within 0.1 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transfer_that_stands_still_is_given_up()
    {
        await using var server = await FakeServer.StartAsync(async context =>
        {
            if (context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
            {
                await context.Response.Body.WriteAsync(Code.AsMemory(0, 3), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
            }

            await _package.AnswerAsync(context);
        });
        using var source = new SourceUnderTest(server.Host, change: options => options with { Attempts = 1, StallTimeout = TimeSpan.FromSeconds(3) });
        var failure = await SourceUnderTest.FailureOfAsync(() => source.PullAsync(_package.At(server.Host)), PackageProblem.Unreachable);
        Assert.Contains("nothing came for 3 s", failure.Message, StringComparison.Ordinal);
        Assert.Empty(source.Leftovers());
    }

    [Fact]
    public async Task A_caller_who_leaves_ends_it()
    {
        using var leaving = new CancellationTokenSource();
        await using var server = await FakeServer.StartAsync(async context =>
        {
            await leaving.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        using var source = new SourceUnderTest(server.Host);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => source.Source.ResolveAsync(PackageReference.OfImage(_package.At(server.Host).ToString()), null, leaving.Token));
        Assert.Single(server.Requests);
    }

    /// <summary>Time in which short waits are over at once, and are written down; timeouts are longer.</summary>
    private sealed class WaitRecorder : TimeProvider
    {
        private static readonly TimeSpan Longest = TimeSpan.FromSeconds(8);

        public List<TimeSpan> Waits { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime <= TimeSpan.Zero || dueTime > Longest)
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            Waits.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
