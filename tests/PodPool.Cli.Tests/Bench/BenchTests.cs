using System.Text.Json;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Tests.Local;

namespace PodPool.Cli.Tests.Bench;

/// <summary>Measured on a platform that runs.</summary>
public sealed class BenchTests : IDisposable
{
    private const string Function = "package";
    private const string Namespace = "podpool-bench";

    private readonly TestTerminal _terminal = new();
    private readonly TestTerminal _onlooker = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bench_that_is_interrupted_says_what_it_has_measured_and_takes_its_function_away()
    {
        await using var local = LocalProcess.Start(_terminal, "--listen", "http://127.0.0.1:0", "--warm", "1");
        _onlooker["PODPOOL_SERVER"] = (await local.ReadyAsync()).GetLeftPart(UriPartial.Authority);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(Test);
        var bench = PodPoolCommand.RunAsync(
            ["bench", "--package", Repository.PublishedSample("Hello"), "--count", "1000", "--warmup", "0", "--skip-no-pool", "--output", "json"], _terminal.Terminal, interrupt.Token);

        // With a second instance its first round is over.
        var instances = new HashSet<string>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (instances.Count < 2)
        {
            await timer.WaitForNextTickAsync(Test);
            Assert.False(bench.IsCompleted, _terminal.Error);
            instances.UnionWith(await InstancesAsync());
        }

        await interrupt.CancelAsync();

        Assert.Equal(ExitCode.Interrupted, await bench);
        using var report = JsonDocument.Parse(_terminal.Out);
        Assert.True(report.RootElement.GetProperty("interrupted").GetBoolean());
        var runs = report.RootElement.GetProperty("runs").EnumerateArray().ToDictionary(run => run.GetProperty("mode").GetString()!, run => run.GetProperty("n").GetInt32());
        Assert.InRange(runs["pooled"], 1, 999);
        Assert.Equal(runs["pooled"], runs["warm"]);
        Assert.Equal(ExitCode.NotFound, await _onlooker.RunAsync("describe", Function, "--namespace", Namespace));
    }

    public void Dispose()
    {
        _terminal.Dispose();
        _onlooker.Dispose();
    }

    private async Task<IReadOnlyList<string>> InstancesAsync()
    {
        var before = _onlooker.Out.Length;
        if (await _onlooker.RunAsync("describe", Function, "--namespace", Namespace, "--output", "json") != ExitCode.Ok)
        {
            return [];
        }

        using var described = JsonDocument.Parse(_onlooker.Out[before..]);
        return [.. described.RootElement.GetProperty("instances").EnumerateArray().Select(instance => instance.GetProperty("id").GetString()!)];
    }
}
