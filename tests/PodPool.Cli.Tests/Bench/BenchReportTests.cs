using System.Text.Json;
using System.Text.Json.Nodes;
using PodPool.Cli.Bench;
using PodPool.Cli.Bench.Html;
using PodPool.Cli.Output;

namespace PodPool.Cli.Tests.Bench;

public sealed class BenchReportTests
{
    private static readonly IReadOnlyDictionary<string, double> Phases = new Dictionary<string, double> { ["first_call"] = 3, ["queue"] = 1 };

    [Fact]
    public void The_report_has_the_names_that_scripts_rely_on()
    {
        var pooled = new RunRecorder("hello", BenchMode.Pooled);
        pooled.Add(new(TimeSpan.FromMilliseconds(5), "pooled", Phases));
        var report = new BenchReport(Environment(), [pooled.Result()], [], Interrupted: false);

        using var json = JsonDocument.Parse(JsonOutput.Serialize(report));

        Assert.Equal("podpool bench", json.RootElement.GetProperty("environment").GetProperty("command").GetString());
        var run = json.RootElement.GetProperty("runs")[0];
        Assert.Equal("hello", run.GetProperty("scenario").GetString());
        Assert.Equal("pooled", run.GetProperty("mode").GetString());
        Assert.Equal(1, run.GetProperty("n").GetInt32());
        Assert.Equal(0, run.GetProperty("errors").GetInt32());
        Assert.Equal(["p50", "p90", "p99", "p999", "max"], run.GetProperty("ms").EnumerateObject().Select(point => point.Name));
        Assert.Equal(5, run.GetProperty("ms").GetProperty("p50").GetDouble(), tolerance: 0.01);
        Assert.Equal(["queue", "first_call"], run.GetProperty("phases").EnumerateObject().Select(phase => phase.Name));
        Assert.Equal(1, run.GetProperty("phases").GetProperty("queue").GetProperty("p50").GetDouble(), tolerance: 0.01);
    }

    [Fact]
    public void As_Markdown_it_has_the_machine_each_run_where_its_time_went_and_what_must_hold()
    {
        var pooled = new RunRecorder("hello", BenchMode.Pooled);
        for (var i = 0; i < 100; i++)
        {
            pooled.Add(new(TimeSpan.FromMilliseconds(5), "pooled", Phases));
        }

        var report = new BenchReport(Environment(), [pooled.Result()], [new("hello", 33.8, null)], Interrupted: false)
        {
            Assertions = [new("hello", "pooled.p95 <= 4", 5, 4.9, 5.1, Holds: false)],
        };

        var lines = MarkdownReport.Render(report).Split('\n');

        Assert.Contains("| command | `podpool bench` |", lines);
        Assert.Contains("| scenario | mode | n | failed | p50 | p90 | p95 | p99 | max | mean |", lines);
        Assert.Contains(lines, line => line.StartsWith("| hello | pooled | 100 | 0 | 5.0 [5.0 – 5.0] |", StringComparison.Ordinal));
        Assert.Contains("| scenario | mode | queue | first_call | rest | mean |", lines);
        Assert.Contains("| hello | pooled | 1.0 | 3.0 | 1.0 | 5.0 |", lines);
        Assert.Contains("- hello: a first request takes 33.8 times as long without a pool", lines);
        Assert.Contains("- **does not hold**: hello: `pooled.p95 <= 4`: 5.0 [4.9 – 5.1]", lines);
    }

    [Fact]
    public void Its_curves_are_a_picture_of_its_own_in_light_and_dark_and_none_where_nothing_was_answered()
    {
        var pooled = new RunRecorder("hello", BenchMode.Pooled);
        pooled.Add(new(TimeSpan.FromMilliseconds(5), "pooled", Phases));

        var picture = SvgChart.Render(new(Environment(), [pooled.Result()], [], Interrupted: false))!;

        var root = System.Xml.Linq.XElement.Parse(picture);
        Assert.Equal("svg", root.Name.LocalName);
        Assert.Contains("pooled 5", (string)root.Attribute("aria-label")!, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", picture, StringComparison.Ordinal);
        Assert.DoesNotContain("href", picture, StringComparison.Ordinal);
        Assert.Null(SvgChart.Render(new(Environment(), [new RunRecorder("hello", BenchMode.Pooled).Result()], [], Interrupted: false)));
    }

    [Fact]
    public void Errors_are_counted_and_are_in_no_percentile()
    {
        var recorder = new RunRecorder("hello", BenchMode.Pooled);
        recorder.Add(new(TimeSpan.FromMilliseconds(5), "pooled", Phases));
        recorder.Add(new(TimeSpan.FromSeconds(30), "", new Dictionary<string, double>(), "503"));

        var run = recorder.Result();

        Assert.Equal((1, 1), (run.N, run.Errors));
        Assert.InRange(run.Ms!.Max, 4.9, 5.1);
        Assert.Equal(["503"], run.ErrorMessages);
    }

    [Fact]
    public void The_warm_fraction_is_the_part_of_the_requests_that_found_an_instance()
    {
        var recorder = new RunRecorder("hello", BenchMode.Pooled);
        foreach (var start in (string[])["pooled", "warm", "miss", "pooled"])
        {
            recorder.Add(new(TimeSpan.FromMilliseconds(5), start, Phases));
        }

        Assert.Equal(0.25, recorder.Result().WarmFraction);
        Assert.Null(new RunRecorder("hello", BenchMode.NoPool).Result().WarmFraction);
    }

    [Fact]
    public void The_means_of_the_parts_add_up_to_the_mean_of_the_whole()
    {
        var recorder = new RunRecorder("hello", BenchMode.Pooled);
        recorder.Add(new(TimeSpan.FromMilliseconds(9), "pooled", Phases, Unsent: TimeSpan.FromMilliseconds(2)));
        recorder.Add(new(TimeSpan.FromMilliseconds(1), "warm", new Dictionary<string, double>()));

        var run = recorder.Result();

        Assert.Equal(["unsent", "queue", "first_call", "rest"], run.PhaseMeansMs.Keys);
        Assert.Equal([1, 0.5, 1.5, 2], run.PhaseMeansMs.Values);
        Assert.Equal(5, run.MeanMs);
    }

    [Fact]
    public void A_report_that_was_written_can_be_read_and_one_from_before_too()
    {
        var recorder = new RunRecorder("hello", BenchMode.Pooled, warmup: 3);
        recorder.Add(new(TimeSpan.FromMilliseconds(5), "pooled", Phases));

        var json = JsonOutput.Serialize(new BenchReport(Environment(), [recorder.Result()], [], Interrupted: false));
        var run = JsonOutput.Deserialize<BenchReport>(json)!.Runs[0];
        var old = JsonNode.Parse(json)!;
        foreach (var name in (string[])["samples", "intervals", "meanMs", "phaseMeansMs", "warmup"])
        {
            old["runs"]![0]!.AsObject().Remove(name);
        }

        Assert.Equal((3, 5.0), (run.Warmup, run.Samples[0]));
        Assert.Contains("\"samples\": [5]", json, StringComparison.Ordinal);
        var read = Assert.Single(JsonOutput.Deserialize<BenchReport>(old.ToJsonString())!.Runs);
        Assert.Empty(read.Samples);
        Assert.Equal((1, 5.0), (read.N, read.Ms!.P50), (one, other) => one.Item1 == other.Item1 && Math.Abs(one.Item2 - other.Item2) < 0.01);
    }

    [Fact]
    public void Ratios_compare_the_medians_of_one_scenario()
    {
        BenchRun Run(string mode, double p50) => new("hello", mode, 1, 0, null, new Dictionary<string, int>(), new(p50, 0, 0, 0, 0), new Dictionary<string, Percentiles>(), []);

        var ratio = Assert.Single(BenchRatio.Of([Run(BenchMode.Pooled, 4), Run(BenchMode.Warm, 1), Run(BenchMode.NoPool, 200)]));

        Assert.Equal(new BenchRatio("hello", 50, 4), ratio);
    }

    internal static BenchEnvironment Environment() => new(
        DateTimeOffset.UnixEpoch, "podpool bench", "1", null, "10.0.0", "linux", "x64", "cpu", 2, 1, "its own local platform", 10, "one-at-a-time", null, 3);
}
