using System.Text.Json.Nodes;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Tests.Clusters;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Ports;

namespace PodPool.Cli.Tests.Tune;

public sealed class TuneTests : IDisposable
{
    private static readonly string[] Small = ["tune", "--synthetic", "poisson:rate=2,functions=100,hours=3", "--refill", "2s,6s"];

    private readonly TestTerminal _terminal = new();

    [Fact]
    public async Task A_person_gets_a_table_a_recommendation_and_its_YAML()
    {
        Assert.True(await _terminal.RunAsync(Small) == ExitCode.Ok, _terminal.Error);

        Assert.Contains("poisson:rate=2,functions=100,zipf=1,hours=3,duration=0.5,duration-p99=5,seed=1", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("refill 2,000 ms (p99 6,000 ms, as asked for)", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("an instance takes 100 requests at once and ends after 5 min without one; the first 30 min are not counted", _terminal.Out, StringComparison.Ordinal);
        Assert.Matches(@"\* +fixed 1 ", _terminal.Out);
        Assert.Contains("auto 0.01", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("recommended: ", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("kind: RuntimePool", _terminal.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(80, "* POLICY MISSES REFUSED START P50 P99 WARM POD-H COST", "Left out, as the terminal is narrow: IDLE POD-H, SERVING POD-H, MEMORY GiB, P99.9.")]
    [InlineData(100, "* POLICY MISSES REFUSED START P50 P99 P99.9 WARM POD-H MEMORY GiB COST", "Left out, as the terminal is narrow: IDLE POD-H, SERVING POD-H.")]
    [InlineData(120, "* POLICY MISSES REFUSED START P50 P99 P99.9 WARM POD-H SERVING POD-H MEMORY GiB COST", "Left out, as the terminal is narrow: IDLE POD-H.")]
    [InlineData(130, "* POLICY MISSES REFUSED START P50 P99 P99.9 WARM POD-H SERVING POD-H IDLE POD-H MEMORY GiB COST", "")]
    public async Task A_narrow_terminal_gets_fewer_columns_and_no_broken_word(int width, string headers, string leftOut)
    {
        _terminal["NO_COLOR"] = "1";
        var person = _terminal.Terminal with { OutIsTerminal = true, Width = width };

        Assert.Equal(ExitCode.Ok, await PodPoolCommand.RunAsync([.. Small, "--concurrency", "1", "--miss-probability", "0.010000001"], person, TestContext.Current.CancellationToken));

        var lines = _terminal.Out.ReplaceLineEndings("\n").Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        var header = Array.FindIndex(lines, line => line.Contains(" POLICY ", StringComparison.Ordinal));
        Assert.Equal(headers, "* " + string.Join(' ', lines[header].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Matches(@"^[* ] +fixed 1 +[0-9.]+ % ", lines[header + 1]);
        Assert.Equal(leftOut.Length > 0, _terminal.Out.Contains("Left out", StringComparison.Ordinal));
        Assert.Contains(leftOut, string.Join(' ', lines.Select(line => line.Trim())), StringComparison.Ordinal);
        Assert.DoesNotContain("…", _terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_gets_the_same_as_JSON_and_twice_the_same()
    {
        Assert.True(await _terminal.RunAsync([.. Small, "--output", "json", "--cores", "1"]) == ExitCode.Ok, _terminal.Error);
        using var again = new TestTerminal();
        Assert.Equal(ExitCode.Ok, await again.RunAsync([.. Small, "--output", "json", "--cores", "4"]));
        Assert.Equal(_terminal.Out, again.Out);

        var report = JsonNode.Parse(_terminal.Out)!;
        var outcomes = report["outcomes"]!.AsArray();
        var best = outcomes.Single(outcome => (string)outcome!["policy"]! == (string)report["recommended"]!)!;
        Assert.InRange((double)best["missRate"]!, 0, 0.01);
        Assert.All(
            outcomes.Where(outcome => (double)outcome!["missRate"]! <= 0.01 && (long)outcome["refused"]! == 0), outcome => Assert.True((double)outcome!["cost"]! >= (double)best["cost"]!));
        Assert.Contains(outcomes, outcome => (bool)outcome!["front"]!);
        Assert.Equal([2, 6], report["assumptions"]!["refill"]!.AsArray().Select(each => (double)each!));
    }

    [Fact]
    public async Task Only_what_was_asked_for_is_tried()
    {
        Assert.True(
            await _terminal.RunAsync([.. Small, "--sizes", "5,7..8", "--policies", "fixed", "--concurrency", "1,4", "--idle-timeout", "60,5m", "--output", "json"]) == ExitCode.Ok, _terminal.Error);

        var outcomes = JsonNode.Parse(_terminal.Out)!["outcomes"]!.AsArray();
        Assert.Equal(12, outcomes.Count);
        Assert.Equal(["fixed 5", "fixed 7", "fixed 8"], outcomes.Select(outcome => (string)outcome!["policy"]!).Distinct());
        Assert.Equal([60, 300], outcomes.Select(outcome => (double)outcome!["idleTimeout"]!).Distinct());
    }

    [Fact]
    public async Task A_timetable_is_made_from_what_a_pool_that_sizes_itself_comes_to_want()
    {
        Assert.True(
            await _terminal.RunAsync("tune", "--synthetic", "diurnal:rate=3,functions=5000,zipf=0,ratio=20", "--refill", "2s,6s", "--policies", "scheduled", "--idle-timeout", "10s") == ExitCode.Ok,
            _terminal.Error);

        Assert.Matches("scheduled [1-9] to [1-9][0-9]", _terminal.Out);
        Assert.Matches("- \\{cron: \"0 [0-9]+ \\* \\* \\*\", duration: [0-9]+h, warm: [0-9]+, timeZone: UTC\\}", _terminal.Out);
        Assert.DoesNotContain("auto", _terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_had_is_said_with_what_it_would_take()
    {
        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync([.. Small, "--sizes", "1", "--policies", "fixed", "--miss-probability", "0.001"]));
        Assert.Matches("none of these misses no more than 0.1 % .* It would take up to ([2-9]|1[0-9]) warm pods", _terminal.Out);
        Assert.DoesNotContain("kind: RuntimePool", _terminal.Out, StringComparison.Ordinal);

        using var slow = new TestTerminal();
        Assert.Equal(
            ExitCode.Failed,
            await slow.RunAsync("tune", "--synthetic", "poisson:rate=5,functions=5000,zipf=0,hours=2", "--refill", "10s", "--refill-parallelism", "2", "--sizes", "2", "--policies", "fixed"));
        Assert.Contains("no more than 0.20 refills a second may begin", slow.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stock_that_happens_to_last_until_the_load_ends_is_no_size()
    {
        string[] faster = ["--synthetic", "poisson:rate=2.5,functions=20000,zipf=0,hours=1,duration=0.1", "--idle-timeout", "1s", "--refill", "4s"];
        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync(["tune", .. faster, "--policies", "fixed", "--sizes", "1,9000"]));

        Assert.Matches(@"no number of warm pods lasts: 2\.[345]\d claims a second came on average, and no more than 2\.00 refills a second may begin", _terminal.Out);
        Assert.DoesNotContain("recommended", _terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_recommended_from_few_claims_says_so_and_hours_that_nobody_saw_are_in_no_timetable()
    {
        Assert.True(await _terminal.RunAsync("tune", "--synthetic", "poisson:rate=0.02,hours=2", "--refill", "2s,6s", "--miss-probability", "0.2") == ExitCode.Ok, _terminal.Error);

        Assert.DoesNotContain("But there were only", _terminal.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("scheduled", _terminal.Out, StringComparison.Ordinal);

        using var rare = new TestTerminal();
        Assert.Equal(ExitCode.Ok, await rare.RunAsync("tune", "--synthetic", "poisson:rate=0.02,hours=2,functions=1", "--refill", "2s,6s"));
        Assert.Matches("But there were only [0-9]+ claims: it takes 300 to tell 1 % from nothing", rare.Out);
    }

    [Fact]
    public async Task The_seed_is_that_of_the_load_too()
    {
        Assert.Equal(ExitCode.Ok, await _terminal.RunAsync([.. Small, "--sizes", "16", "--policies", "fixed", "--seed", "7"]));

        Assert.Contains("duration-p99=5,seed=7", _terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_is_known_by_its_columns_and_what_is_wrong_with_it_is_said_with_its_line()
    {
        var path = Path.Combine(_terminal.Folder, "trace.csv");
        var rows = Enumerable.Range(0, 2000).Select(i => FormattableString.Invariant($"a,f{i % 40},{i * 5},0.5"));
        await File.WriteAllLinesAsync(path, ["app,func,end_timestamp,duration", .. rows], TestContext.Current.CancellationToken);
        string[] tune = ["tune", path, "--sizes", "2,4", "--policies", "fixed", "--miss-probability", "0.5"];
        Assert.True(await _terminal.RunAsync(tune) == ExitCode.Ok, _terminal.Error);
        Assert.Contains("trace.csv, Azure Functions 2021", _terminal.Out, StringComparison.Ordinal);
        Assert.Contains("put right: requests that began before the trace, taken to begin with it: 1 (first in line 2)", _terminal.Out, StringComparison.Ordinal);

        await File.AppendAllTextAsync(path, "a,f1,late,0.5\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync(tune));
        Assert.Contains("line 2002: 'end_timestamp' is 'late', which is no number", _terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name a TRACE")]
    [InlineData("name one load", "x.csv", "--synthetic", "poisson")]
    [InlineData("--prometheus is 'here'", "--prometheus", "here")]
    [InlineData("'/no/such/trace' cannot be read", "/no/such/trace")]
    [InlineData("no kind of load 'sinus'", "--synthetic", "sinus")]
    [InlineData("--sizes is '3..1'", "--synthetic", "poisson", "--sizes", "3..1")]
    [InlineData("--refill is '6s,2s'", "--synthetic", "poisson", "--refill", "6s,2s")]
    [InlineData("--policies has 'best'", "--synthetic", "poisson", "--policies", "best")]
    [InlineData("--miss-probability is 2", "--synthetic", "poisson", "--miss-probability", "2")]
    [InlineData("--pod-memory is 'much'", "--synthetic", "poisson", "--pod-memory", "much")]
    [InlineData("--sizes has 10, and there may be 5", "--synthetic", "poisson", "--sizes", "2,10", "--max", "5")]
    [InlineData("--hours says nothing of this load", "--synthetic", "poisson", "--hours", "3")]
    [InlineData("--duration says nothing of this load", "--synthetic", "poisson", "--duration", "1s")]
    [InlineData("--format says nothing of this load", "--prometheus", "http://127.0.0.1:1", "--format", "jsonl")]
    [InlineData("kind poisson has no 'burst'", "--synthetic", "poisson:burst=9")]
    [InlineData("kind diurnal has no 'shape', but 'ratio'", "--synthetic", "diurnal:shape=2")]
    public async Task A_wrong_command_line_ends_with_2_and_says_what_is_wrong(string reason, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await _terminal.RunAsync(["tune", .. arguments]));

        Assert.Contains(reason, _terminal.Error, StringComparison.Ordinal);
        Assert.Empty(_terminal.Out);
    }

    [Fact]
    public async Task A_Prometheus_server_that_is_none_says_so()
    {
        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync("tune", "--prometheus", $"http://127.0.0.1:{FreePorts.Next()}", "--hours", "1"));

        Assert.Contains("gives no answer of Prometheus", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_load_shorter_than_the_warm_up_says_what_to_lower()
    {
        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync("tune", "--synthetic", "poisson:hours=0.25"));

        Assert.Contains("lower --warm-up", _terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pool_of_a_cluster_becomes_what_was_recommended_and_nothing_else_of_it_changes()
    {
        await using var cluster = await TestCluster.StartAsync();
        string[] apply = [.. Small, "--sizes", "8", "--policies", "fixed", "--miss-probability", "0.5", "--apply"];

        // Nobody can be asked: that is known before anything is tried.
        Assert.Equal(ExitCode.Usage, await cluster.RunAsync(apply));
        Assert.Contains("add --yes", cluster.Terminal.Error, StringComparison.Ordinal);
        Assert.Equal("0", Pool(cluster)["spec"]!["size"]!["warm"]!.ToString());

        Assert.True(await cluster.RunAsync([.. apply, "--yes"]) == ExitCode.Ok, cluster.Terminal.Error);
        Assert.Contains("- warm: 0", cluster.Terminal.Error, StringComparison.Ordinal);
        Assert.Contains("+ warm: 8", cluster.Terminal.Error, StringComparison.Ordinal);
        Assert.Equal("8", Pool(cluster)["spec"]!["size"]!["warm"]!.ToString());
        Assert.Equal("i", Pool(cluster)["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.ToString());
        Assert.Contains("namespace: podpool-system", cluster.Terminal.Out, StringComparison.Ordinal);

        Assert.True(await cluster.RunAsync([.. Small, "--policies", "auto", "--miss-probability", "0.3", "--apply", "--yes"]) == ExitCode.Ok, cluster.Terminal.Error);
        Assert.Equal("0.3", Pool(cluster)["spec"]!["size"]!["auto"]!["missProbability"]!.ToString());
        Assert.True(await cluster.RunAsync([.. apply, "--yes"]) == ExitCode.Ok, cluster.Terminal.Error);
        Assert.Null(Pool(cluster)["spec"]!["size"]!["auto"]);
        Assert.True(await cluster.RunAsync([.. apply, "--yes"]) == ExitCode.Ok, cluster.Terminal.Error);
        Assert.Contains("is so already", cluster.Terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_pool_says_of_its_own_size_holds_unless_it_is_asked_for_otherwise()
    {
        await using var cluster = await TestCluster.StartAsync();
        using var api = cluster.Server.Connect("manager");
        await api.Resource<RuntimePoolResource>().PatchAsync(
            new(TestCluster.Installation, "default"), JsonNode.Parse("""{"spec":{"size":{"auto":{"missProbability":0.3,"min":2,"max":40}}}}""")!.AsObject(), null, TestContext.Current.CancellationToken);

        Assert.True(await cluster.RunAsync([.. Small, "--policies", "auto", "--apply", "--yes"]) == ExitCode.Ok, cluster.Terminal.Error);
        var auto = Pool(cluster)["spec"]!["size"]!["auto"]!;
        Assert.Equal(("0.3", "2", "40"), (auto["missProbability"]!.ToString(), auto["min"]!.ToString(), auto["max"]!.ToString()));

        // Merged into a pool that sizes itself, a number alone would change nothing.
        Assert.True(await cluster.RunAsync([.. Small, "--policies", "fixed"]) == ExitCode.Ok, cluster.Terminal.Error);
        Assert.Contains("auto: null", cluster.Terminal.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("y\n", "8", "is changed")]
    [InlineData("n\n", "0", "Nothing was changed")]
    [InlineData("", "0", "Nothing was changed")]
    public async Task A_person_is_asked_before_a_pool_is_changed(string answer, string warm, string said)
    {
        await using var cluster = await TestCluster.StartAsync();
        var person = cluster.Terminal.Terminal with { ErrorIsTerminal = true, In = () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(answer)) };

        Assert.Equal(ExitCode.Ok, await PodPoolCommand.RunAsync(
            [.. Small, "--sizes", "8", "--policies", "fixed", "--miss-probability", "0.5", "--apply", "--context", "test"], person, TestContext.Current.CancellationToken));

        Assert.Contains("Change the pool default? [y/N]", cluster.Terminal.Error, StringComparison.Ordinal);
        Assert.Contains(said, cluster.Terminal.Error, StringComparison.Ordinal);
        Assert.Equal(warm, Pool(cluster)["spec"]!["size"]!["warm"]!.ToString());
    }

    [Theory]
    [InlineData("""{"status":{"warm":3}}""", ExitCode.Ok, "8", "is changed")]
    [InlineData("""{"spec":{"size":{"warm":5}}}""", ExitCode.Failed, "5", "was changed by somebody else meanwhile")]
    public async Task What_a_manager_says_of_a_pool_meanwhile_does_not_hinder_its_change_what_a_person_says_does(string change, int exit, string warm, string said)
    {
        await using var cluster = await TestCluster.StartAsync();
        var person = cluster.Terminal.Terminal with
        {
            ErrorIsTerminal = true,
            In = () =>
            {
                cluster.Server.Store.Patch(TestCluster.Pools, new(TestCluster.Installation, "default"), JsonNode.Parse(change)!.AsObject());
                return new MemoryStream("y\n"u8.ToArray());
            },
        };

        Assert.Equal(exit, await PodPoolCommand.RunAsync(
            [.. Small, "--sizes", "8", "--policies", "fixed", "--miss-probability", "0.5", "--apply", "--context", "test"], person, TestContext.Current.CancellationToken));

        Assert.Contains(said, cluster.Terminal.Error, StringComparison.Ordinal);
        Assert.Equal(warm, Pool(cluster)["spec"]!["size"]!["warm"]!.ToString());
    }

    [Fact]
    public async Task Refill_times_are_those_that_the_pool_has_measured()
    {
        await using var cluster = await TestCluster.StartAsync();
        Assert.Equal(ExitCode.Failed, await cluster.RunAsync("tune", "--synthetic", "poisson:hours=1", "--refill", "measured"));
        Assert.Contains("only a pool that sizes itself measures them", cluster.Terminal.Error, StringComparison.Ordinal);

        using var api = cluster.Server.Connect("manager");
        await api.Resource<RuntimePoolResource>().PatchStatusAsync(
            new(TestCluster.Installation, "default"), JsonNode.Parse("""{"size":{"why":"so","refillP50":3.5,"refillP99":7}}""")!, null, TestContext.Current.CancellationToken);
        Assert.True(
            await cluster.RunAsync("tune", "--synthetic", "poisson:rate=1,hours=2", "--policies", "auto", "--miss-probability", "0.5", "--refill", "measured") == ExitCode.Ok, cluster.Terminal.Error);
        Assert.Contains("refill 3,500 ms (p99 7,000 ms, measured)", cluster.Terminal.Out, StringComparison.Ordinal);
    }

    public void Dispose() => _terminal.Dispose();

    private static JsonNode Pool(TestCluster cluster) => JsonNode.Parse(cluster.Server.Store.Find(TestCluster.Pools, new(TestCluster.Installation, "default"))!.ToString()!)!;
}
