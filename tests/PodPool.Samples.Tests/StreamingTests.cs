using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Streaming;

namespace PodPool.Samples.Tests;

public sealed class StreamingTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly StreamingFunction _function;

    public StreamingTests() => _function = new StreamingFunction(_time);

    [Fact]
    public async Task Sends_each_event_when_it_is_due()
    {
        var answer = new Pipe();
        var context = Call.ContextOf(HttpMethods.Get, "?count=3&interval=5");
        context.Response.Body = answer.Writer.AsStream();
        var handling = _function.HandleAsync(context);
        await using var events = SseParser.Create(answer.Reader.AsStream()).EnumerateAsync(TestContext.Current.CancellationToken)
            .GetAsyncEnumerator(TestContext.Current.CancellationToken);

        for (var number = 1; number <= 3; number++)
        {
            Assert.True(await events.MoveNextAsync());
            Assert.Equal(("tick", $"{number}"), (events.Current.EventType, events.Current.EventId));
            Assert.Contains($"\"number\":{number}", events.Current.Data, StringComparison.Ordinal);
            Assert.Equal(number == 3, await IsDoneAsync(handling, wanted: number == 3));
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.Equal("text/event-stream", context.Response.ContentType);
    }

    [Fact]
    public async Task Echoes_what_has_arrived_before_the_rest_is_sent()
    {
        var request = new Pipe();
        var answer = new Pipe();
        var context = Call.ContextOf(HttpMethods.Post);
        context.Request.Body = request.Reader.AsStream();
        context.Response.Body = answer.Writer.AsStream();
        var handling = _function.HandleAsync(context);

        foreach (var part in new[] { "one", "two", "three" })
        {
            await request.Writer.WriteAsync(Encoding.UTF8.GetBytes(part), TestContext.Current.CancellationToken);
            Assert.Equal(part, await ReadAsync(answer.Reader, part.Length));
        }

        await request.Writer.CompleteAsync();
        await handling;
    }

    [Theory]
    [InlineData("?count=0")]
    [InlineData("?count=many")]
    [InlineData("?interval=-1")]
    [InlineData("?interval=61")]
    [InlineData("?interval=NaN")]
    public async Task Refuses_numbers_out_of_range_and_names_the_range(string query)
        => Assert.Contains("from 1 to 100000", (await Call.GetAsync(_function, query)).Problem, StringComparison.Ordinal);

    [Fact]
    public async Task Stops_when_the_caller_leaves()
    {
        using var caller = new CancellationTokenSource();
        var context = Call.ContextOf(HttpMethods.Get, "?count=100&interval=60");
        context.Response.Body = new MemoryStream();
        context.RequestAborted = caller.Token;
        var handling = _function.HandleAsync(context);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handling);
    }

    private static async Task<bool> IsDoneAsync(Task handling, bool wanted)
    {
        if (wanted)
        {
            await handling.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }

        return handling.IsCompleted;
    }

    private static async Task<string> ReadAsync(PipeReader reader, int length)
    {
        var read = await reader.ReadAtLeastAsync(length, TestContext.Current.CancellationToken);
        var text = Encoding.UTF8.GetString(read.Buffer);
        reader.AdvanceTo(read.Buffer.End);
        return text;
    }
}
