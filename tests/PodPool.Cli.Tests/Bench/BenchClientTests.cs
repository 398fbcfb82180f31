using Microsoft.Extensions.Time.Testing;
using PodPool.Cli.Bench;

namespace PodPool.Cli.Tests.Bench;

public sealed class BenchClientTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_request_that_is_sent_late_counts_from_when_it_was_due()
    {
        await using var server = await AnswerServer.StartAsync(() => Task.CompletedTask);
        using var client = new BenchClient(_time);
        var due = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(3));

        var measured = await client.MeasureAsync(server.Url, new BenchScenario("x", ""), due, TestContext.Current.CancellationToken);

        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3), null), (measured.Latency, measured.Unsent, measured.Error));
    }

    [Fact]
    public async Task A_request_that_is_sent_a_little_early_has_not_waited_for_less_than_nothing()
    {
        await using var server = await AnswerServer.StartAsync(() => Task.CompletedTask);
        using var client = new BenchClient(_time);
        var due = _time.GetTimestamp() + (_time.TimestampFrequency / 1000);

        var measured = await client.MeasureAsync(server.Url, new BenchScenario("x", ""), due, TestContext.Current.CancellationToken);

        Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (measured.Latency, measured.Unsent));
    }
}
