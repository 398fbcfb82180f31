using PodPool.Cli.Bench;
using PodPool.Cli.Deploy;

namespace PodPool.Cli.Tests.Bench;

public sealed class NoPoolPodTests
{
    [Fact]
    public async Task A_first_request_without_a_pool_starts_a_process_and_says_where_the_time_went()
    {
        using var terminal = new TestTerminal();
        using var built = await new PackageBuilder(terminal.Terminal, terminal.Output)
            .BuildAsync(Repository.PublishedSample("Hello"), new PackageOptions(), TestContext.Current.CancellationToken);
        using var pod = new NoPoolPod(TimeProvider.System);

        var measured = await pod.MeasureAsync(
            built.Package, new BenchScenario("hello", "", Path: "?name=Ada"), TestContext.Current.CancellationToken);

        Assert.Null(measured.Error);
        Assert.Equal(["process", "transfer", "load", "start", "first_call"], measured.PhasesMs.Keys);
        Assert.All(measured.PhasesMs.Values, time => Assert.True(time >= 0));
        Assert.InRange(measured.PhasesMs.Values.Sum(), 1, measured.Latency.TotalMilliseconds);
    }

    [Fact]
    public async Task A_function_that_answers_with_an_error_is_counted_as_one()
    {
        using var terminal = new TestTerminal();
        using var built = await new PackageBuilder(terminal.Terminal, terminal.Output)
            .BuildAsync(Repository.PublishedSample("BrokenStartup"), new PackageOptions(), TestContext.Current.CancellationToken);
        using var pod = new NoPoolPod(TimeProvider.System);

        var measured = await pod.MeasureAsync(built.Package, new BenchScenario("broken", ""), TestContext.Current.CancellationToken);

        Assert.NotNull(measured.Error);
    }
}
