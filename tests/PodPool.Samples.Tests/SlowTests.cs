using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Slow;

namespace PodPool.Samples.Tests;

public sealed class SlowTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SlowFunction _function;

    public SlowTests() => _function = new SlowFunction(_time);

    [Fact]
    public async Task Answers_after_the_time_asked_for_and_not_before()
    {
        using var body = new MemoryStream();
        var context = Call.ContextOf(HttpMethods.Get, "?seconds=2.5");
        context.Response.Body = body;
        var handling = _function.HandleAsync(context);

        _time.Advance(TimeSpan.FromSeconds(2.4));
        Assert.False(handling.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(0.1));
        await handling.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal("""{"waited":2.5}""", Encoding.UTF8.GetString(body.ToArray()));
    }

    [Fact]
    public async Task Stops_when_the_caller_leaves()
    {
        using var caller = new CancellationTokenSource();
        var context = Call.ContextOf(HttpMethods.Get, "?seconds=3600");
        context.RequestAborted = caller.Token;
        var handling = _function.HandleAsync(context);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handling);
    }

    [Theory]
    [InlineData("?seconds=soon")]
    [InlineData("?seconds=-1")]
    [InlineData("?seconds=3601")]
    public async Task Refuses_what_is_no_time_and_says_what_is(string query)
        => Assert.Contains("from 0 to 3600", (await Call.GetAsync(_function, query)).Problem, StringComparison.Ordinal);
}
