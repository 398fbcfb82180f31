using System.Collections.Concurrent;
using PodPool.Cli.Bench;
using PodPool.Cli.Bench.Plans;

namespace PodPool.Cli.Tests.Bench.Plans;

public sealed class PlanRunnerTests
{
    private readonly ConcurrentQueue<string> _events = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_one_at_a_time_find_their_function_cold_and_everything_at_rest()
    {
        await RunAsync("loads: {one: {arrivals: one-at-a-time, count: 2, calls: a}}");

        Assert.Equal(["all", "cold a0", "rest", "called", "cold a1", "rest", "called"], _events);
    }

    [Fact]
    public async Task A_stage_begins_fresh_unless_it_says_otherwise_and_stages_take_turns()
    {
        await RunAsync("""
            rounds: 2
            stages:
              - {name: one, loads: {burst: {arrivals: burst, size: 1, calls: a}}}
              - {name: two, fresh: false, loads: {burst: {arrivals: burst, size: 1, calls: a}}}
            """);

        Assert.Equal(["rest", "one", "called", "two", "called", "rest", "one", "called", "two", "called"], _events.Where(told => !told.StartsWith("cold", StringComparison.Ordinal)));
        Assert.Equal(4, _events.Count(told => told.StartsWith("cold", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_a_burst_called_is_made_cold_again_when_all_of_it_is_answered()
    {
        await RunAsync("loads: {burst: {arrivals: burst, size: 3, calls: a, cold: true}}");

        Assert.Equal(["called", "called", "called"], _events.SkipWhile(told => told != "all").Skip(1).Take(3));
        Assert.Equal(["cold a0", "cold a1"], _events.SkipWhile(told => told != "all").Skip(4).Order());
    }

    [Fact]
    public async Task What_a_first_request_called_is_made_cold_again_before_it_is_called_again()
    {
        await RunAsync("""
            duration: 100ms
            loads: {first: {arrivals: constant, rate: 100, calls: a, cold: true}}
            """);

        var after = _events.SkipWhile(told => told != "all").Skip(1).ToArray();
        Assert.Equal((10, 10), (after.Count(told => told == "called"), after.Count(told => told != "called")));

        // Two names: never more than two calls ahead of what is made cold.
        var ahead = 0;
        Assert.All(after, told => Assert.InRange(ahead += told == "called" ? 1 : -1, -2, 2));
    }

    [Fact]
    public async Task Warm_up_requests_are_made_and_are_in_no_figure()
    {
        var run = Assert.Single(await RunAsync("rounds: 2\nloads: {burst: {arrivals: burst, size: 3, calls: a, warmup: 2}}")).Result();

        Assert.Equal((4, 2), (run.N, run.Warmup));
        Assert.Equal(6, _events.Count(told => told == "called"));
    }

    [Fact]
    public async Task A_load_that_fails_ends_its_scenario()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(
            """
            duration: 1h
            loads:
              first: {arrivals: burst, size: 1, calls: a, cold: true}
              long: {arrivals: constant, rate: 1, calls: b}
            """,
            failsFrom: 4));

        Assert.Equal("cannot be made cold", failure.Message);
    }

    private async Task<IReadOnlyList<RunRecorder>> RunAsync(string yaml, int failsFrom = int.MaxValue)
    {
        await using var server = await AnswerServer.StartAsync(() =>
        {
            _events.Enqueue("called");
            return Task.CompletedTask;
        });
        var plan = PlanFile.Parse("functions: {a: {sample: hello, copies: 2}, b: {sample: hello}}\n" + yaml, "plan.yaml", "/");
        var callees = plan.Functions.ToDictionary(function => function.Name, IReadOnlyList<Callee> (function) =>
            [.. Enumerable.Range(0, function.Copies).Select(copy => new Callee(function with { Request = function.Request with { Path = "" } }, $"{server.Url}?{function.Name}{copy}", null))]);
        using var client = new BenchClient(TimeProvider.System);
        var used = plan.Loads.SelectMany(one => one.Load.Mix.Keys).ToHashSet();
        return await new PlanRunner(plan, callees.Where(part => used.Contains(part.Key)).ToDictionary(), new Ground(_events, failsFrom), client, TimeProvider.System)
            .RunAsync(_events.Enqueue, _ => { }, Test);
    }

    private sealed class Ground(ConcurrentQueue<string> events, int failsFrom) : IPlanGround
    {
        private int _made;

        public Task MakeColdAsync(Callee callee, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _made) >= failsFrom)
            {
                throw new InvalidOperationException("cannot be made cold");
            }

            events.Enqueue("cold " + callee.Url[(callee.Url.IndexOf('?', StringComparison.Ordinal) + 1)..]);
            return Task.CompletedTask;
        }

        public Task RestAsync(CancellationToken cancellationToken)
        {
            events.Enqueue("rest");
            return Task.CompletedTask;
        }

        public Task UpdateAsync(string function, int revision, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
