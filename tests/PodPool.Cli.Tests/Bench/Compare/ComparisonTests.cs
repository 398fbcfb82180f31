using PodPool.Cli.Bench;
using PodPool.Cli.Bench.Compare;
using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Tests.Bench.Compare;

public sealed class ComparisonTests
{
    private static readonly VerdictRules Rules = new(MinEffect: 0.1, Alpha: 0.01);

    [Fact]
    public void What_is_not_different_is_hardly_ever_called_worse()
    {
        var worse = Enumerable.Range(0, 200).Count(seed => Compare(Report(seed, 1, 100), Report(seed + 1000, 1, 100)).IsWorse);

        // One of a hundred, and what chance makes of two hundred.
        Assert.InRange(worse, 0, 8);
    }

    [Fact]
    public void What_has_become_a_third_slower_is_called_worse_and_the_other_way_round_better()
    {
        Assert.All(Enumerable.Range(0, 20), seed =>
        {
            Assert.Equal(Verdict.Worse, Assert.Single(Compare(Report(seed, 1, 400), Report(seed + 1000, 1.33, 400)).Runs).Verdict);
            Assert.Equal(Verdict.Better, Assert.Single(Compare(Report(seed, 1.33, 400), Report(seed + 1000, 1, 400)).Runs).Verdict);
        });
    }

    [Fact]
    public void A_difference_that_is_too_small_to_count_is_not_called_worse_however_sure_it_is()
    {
        var run = Assert.Single(Compare(Report(1, 1, 15_000), Report(2, 1.04, 15_000)).Runs);

        Assert.True(run.PValue < 0.01);
        Assert.NotEqual(Verdict.Worse, run.Verdict);
        Assert.Equal(Verdict.Same, run.Points[0].Verdict);
    }

    [Fact]
    public void Too_few_samples_are_called_unclear()
        => Assert.Equal(Verdict.Unclear, Assert.Single(Compare(Report(1, 1, 8), Report(2, 1, 8)).Runs).Verdict);

    [Fact]
    public void A_tail_that_has_grown_is_called_worse_though_the_median_has_not()
    {
        var run = Assert.Single(Compare(Report(1, 1, 600), Report(2, 1, 600, tail: 5)).Runs);

        Assert.NotEqual(Verdict.Worse, run.Points[0].Verdict);
        Assert.Equal(Verdict.Worse, run.Points[1].Verdict);
        Assert.Equal(Verdict.Worse, run.Verdict);
    }

    [Fact]
    public void More_failures_are_worse_and_one_may_be_chance()
    {
        Assert.False(Compare(Report(1, 1, 200), Report(2, 1, 200, errors: 1)).IsWorse);
        Assert.True(Compare(Report(1, 1, 200), Report(2, 1, 200, errors: 20)).IsWorse);
    }

    [Fact]
    public void Reports_from_before_samples_were_kept_are_shown_and_not_judged()
    {
        var old = Report(1, 1, 100);
        old = old with { Runs = [old.Runs[0] with { Samples = [] }] };

        var run = Assert.Single(Compare(old, Report(2, 3, 100)).Runs);

        Assert.Equal(Verdict.Unknown, run.Verdict);
        Assert.InRange(run.Points[0].Ratio, 2, 4);
    }

    [Fact]
    public async Task A_comparison_that_nobody_can_judge_is_no_pass()
    {
        using var terminal = new TestTerminal();
        var old = Path.Combine(terminal.Folder, "old.json");
        var report = Report(1, 1, 100);
        await File.WriteAllTextAsync(old, PodPool.Cli.Output.JsonOutput.Serialize(report with { Runs = [report.Runs[0] with { Samples = [] }] }), TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("bench", "compare", old, old));

        Assert.Contains("nothing could be judged", terminal.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing has become worse", terminal.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_of_runs_is_one_side_and_scripts_get_words()
    {
        using var terminal = new TestTerminal();
        var folder = Directory.CreateDirectory(Path.Combine(terminal.Folder, "runs")).FullName;
        for (var run = 0; run < 3; run++)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{run}.json"), PodPool.Cli.Output.JsonOutput.Serialize(Report(run, 1, 200)), TestContext.Current.CancellationToken);
        }

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("bench", "compare", folder, Path.Combine(folder, "0.json"), "--output", "json"));

        using var json = System.Text.Json.JsonDocument.Parse(terminal.Out);
        var compared = json.RootElement.GetProperty("runs")[0];
        Assert.Equal((600, 200), (compared.GetProperty("beforeN").GetInt32(), compared.GetProperty("afterN").GetInt32()));
        Assert.Contains(compared.GetProperty("verdict").GetString(), (string[])["same", "unclear"]);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"environment":{},"runs":[{"n":"x"}]}""")]
    public async Task What_is_no_report_is_refused_with_its_name(string text)
    {
        using var terminal = new TestTerminal();
        var file = Path.Combine(terminal.Folder, "report.json");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("bench", "compare", file, file));

        Assert.Contains("report.json' is no report of `podpool bench`", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_only_one_side_has_is_named()
    {
        var other = Report(2, 1, 10);
        other = other with { Runs = [other.Runs[0], other.Runs[0] with { Mode = "warm" }] };

        Assert.Equal(["hello warm"], Compare(Report(1, 1, 10), other).OnlyAfter);
    }

    [Fact]
    public void Holm_lets_pass_what_several_looks_make_likely()
    {
        Assert.Equal([true, false, false], Rules.Significant([0.003, 0.009, 0.5]));
        Assert.Equal([false, true, true], Rules.Significant([0.02, 0.001, 0.004]));
    }

    private static Comparison Compare(BenchReport before, BenchReport after) => Comparison.Of([before], [after], Rules);

    /// <summary>Latencies as they are: most alike, some twice as long.</summary>
    private static BenchReport Report(int seed, double factor, int n, double tail = 1, int errors = 0)
    {
        var random = new Random(seed);
        var recorder = new RunRecorder("hello", BenchMode.Pooled);
        for (var index = 0; index < n; index++)
        {
            var slow = random.NextDouble() < 0.15;
            var ms = factor * (5 - Math.Log(1 - random.NextDouble())) * (slow ? 2 * tail : 1);
            recorder.Add(new(TimeSpan.FromMilliseconds(ms), "pooled", new Dictionary<string, double>()), TimeSpan.FromSeconds(index));
        }

        for (var index = 0; index < errors; index++)
        {
            recorder.Add(new(TimeSpan.Zero, "", new Dictionary<string, double>(), "503"));
        }

        return new(BenchReportTests.Environment(), [recorder.Result()], [], Interrupted: false);
    }
}
