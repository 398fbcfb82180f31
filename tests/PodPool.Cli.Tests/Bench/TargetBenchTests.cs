using System.Globalization;
using System.Text.Json;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Tests.Bench;

/// <summary>What is there already is measured like a platform's functions.</summary>
public sealed class TargetBenchTests : IDisposable
{
    private readonly TestTerminal _terminal = new();

    [Fact]
    public async Task Anything_that_answers_can_be_measured_cold_and_warm()
    {
        await using var server = await AnswerServer.StartAsync(() => Task.CompletedTask);
        var log = Path.Combine(_terminal.Folder, "cold.log");

        Assert.Equal(ExitCode.Ok, await _terminal.RunAsync(
            "bench", "--target", server.Url, "--force-cold", $"echo $PODPOOL_BENCH_URL >> {log}", "--count", "5", "--warmup", "2", "--output", "json"));

        var runs = Runs();
        Assert.Equal(["first", "warm"], runs.Select(run => run.GetProperty("mode").GetString()));
        Assert.All(runs, run => Assert.Equal((5, 2, 5), (run.GetProperty("n").GetInt32(), run.GetProperty("warmup").GetInt32(), run.GetProperty("samples").GetArrayLength())));
        Assert.Equal(Enumerable.Repeat(server.Url, 7), await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken));
        Assert.Equal(14, server.Requests);
    }

    [Fact]
    public async Task An_open_loop_does_not_wait_for_answers()
    {
        // Nobody is answered before all are there: a client that waited would wait for ever.
        var (seen, all) = (0, new TaskCompletionSource());
        await using var server = await AnswerServer.StartAsync(() =>
        {
            if (Interlocked.Increment(ref seen) == 20)
            {
                all.SetResult();
            }

            return all.Task;
        });

        Assert.Equal(ExitCode.Ok, await _terminal.RunAsync(
            "bench", "--target", server.Url, "--arrivals", "constant", "--rate", "200", "--count", "20", "--warmup", "0", "--output", "json"));

        // The first was due 95 ms before the last.
        Assert.Equal(20, Assert.Single(Runs()).GetProperty("n").GetInt32());
        Assert.True(Runs()[0].GetProperty("ms").GetProperty("max").GetDouble() >= 90);
    }

    [Fact]
    public async Task First_requests_at_fixed_times_wait_for_what_is_cold_and_that_counts()
    {
        await using var server = await AnswerServer.StartAsync(() => Task.CompletedTask);
        var file = Path.Combine(_terminal.Folder, "cold.yaml");
        await File.WriteAllTextAsync(
            file,
            string.Create(CultureInfo.InvariantCulture, $$"""
                functions:
                  there: {url: "{{server.Url}}", forceCold: "true"}
                loads:
                  first: {arrivals: burst, size: 3, every: 100ms, calls: there, cold: true}
                duration: 250ms
                assertions: [first.errors <= 0, first.n >= 9]
                """),
            TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Ok, await _terminal.RunAsync("bench", "--file", file, "--output", "json"));

        Assert.Equal(["first.errors <= 0", "first.n >= 9"], Report().GetProperty("assertions").EnumerateArray().Select(one => one.GetProperty("assertion").GetString()));
    }

    [Fact]
    public async Task An_assertion_that_does_not_hold_ends_it_with_1()
    {
        await using var server = await AnswerServer.StartAsync(() => Task.CompletedTask);
        var file = Path.Combine(_terminal.Folder, "strict.yaml");
        await File.WriteAllTextAsync(
            file,
            $"functions: {{a: {{url: '{server.Url}'}}}}\nloads: {{all: {{arrivals: burst, size: 4, calls: a}}}}\nassertions: ['all.p50 <= 0']",
            TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync("bench", "--file", file));

        Assert.Contains("does not hold: strict: all.p50 <= 0", _terminal.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("burst", 50)]
    [InlineData("many-functions", 8)]
    public async Task One_round_of_a_load_is_measured_though_it_is_as_long_as_the_warm_up(string scenario, int requests)
    {
        await using var server = await AnswerServer.StartAsync(() => Task.CompletedTask);

        Assert.True(
            await _terminal.RunAsync("bench", "--scenario", scenario, "--target", server.Url, "--rounds", "1", "--output", "json") == ExitCode.Ok, _terminal.Error);

        var run = Assert.Single(Runs());
        Assert.Equal((requests, 0), (run.GetProperty("n").GetInt32(), run.GetProperty("warmup").GetInt32()));
        Assert.Equal(requests, server.Requests);
        Assert.Contains($"{scenario}: nothing is warmed up for ", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_load_that_is_written_to_be_all_warm_up_is_refused_before_anything_starts_unless_more_rounds_are_asked_for()
    {
        await using var server = await AnswerServer.StartAsync(() => Task.CompletedTask);
        var file = Path.Combine(_terminal.Folder, "warm.yaml");
        await File.WriteAllTextAsync(
            file,
            $"functions: {{a: {{url: '{server.Url}'}}}}\nloads: {{all: {{arrivals: burst, size: 4, calls: a, warmup: 4}}}}",
            TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync("bench", "--file", file));
        Assert.Contains("'warm' measures nothing of 'all': all of its 4 requests are warm-up (`warmup: 4`)", _terminal.Error, StringComparison.Ordinal);
        Assert.Equal(0, server.Requests);

        Assert.Equal(ExitCode.Ok, await _terminal.RunAsync("bench", "--file", file, "--rounds", "2", "--output", "json"));
        Assert.Equal((4, 4), (Runs()[0].GetProperty("n").GetInt32(), Runs()[0].GetProperty("warmup").GetInt32()));
    }

    [Fact]
    public async Task Arrivals_at_random_that_never_came_are_said_so()
    {
        await using var server = await AnswerServer.StartAsync(() => Task.CompletedTask);
        var file = Path.Combine(_terminal.Folder, "rare.yaml");
        await File.WriteAllTextAsync(
            file,
            $"functions: {{a: {{url: '{server.Url}'}}}}\nduration: 1ms\nloads: {{all: {{arrivals: poisson, rate: 0.001, calls: a}}}}",
            TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync("bench", "--file", file));

        Assert.Contains("no request was measured", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_cannot_make_it_cold_is_told_with_what_it_said()
    {
        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync("bench", "--target", "http://127.0.0.1:1/", "--force-cold", "echo no cluster; exit 3", "--count", "1"));

        Assert.Contains("ended with 3", _terminal.Error, StringComparison.Ordinal);
        Assert.Contains("no cluster", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scenario_that_comes_with_the_program_is_shown_as_it_is_written()
    {
        Assert.Equal(ExitCode.Ok, await _terminal.RunAsync("bench", "--show", "steady"));

        Assert.Contains("arrivals: poisson, rate: 2", _terminal.Out, StringComparison.Ordinal);
    }

    public void Dispose() => _terminal.Dispose();

    private JsonElement Report() => JsonDocument.Parse(_terminal.Out).RootElement;

    private JsonElement[] Runs() => [.. Report().GetProperty("runs").EnumerateArray()];
}
