using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Tests.Local;

namespace PodPool.Cli.Tests.Bench;

/// <summary>A scenario from its file to the verdict, on a platform that runs.</summary>
public sealed partial class ScenarioBenchTests : IDisposable
{
    private readonly TestTerminal _terminal = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scenario_is_run_reported_on_a_page_that_needs_nothing_else_and_compared()
    {
        await using var local = LocalProcess.Start(_terminal, "--listen", "http://127.0.0.1:0", "--warm", "2");
        _terminal["PODPOOL_SERVER"] = (await local.ReadyAsync()).GetLeftPart(UriPartial.Authority);
        var file = Path.Combine(_terminal.Folder, "all-kinds.yaml");
        await File.WriteAllTextAsync(
            file,
            $"""
            functions:
              hello: {"{"}source: "{Repository.PublishedSample("Hello")}", path: "?name=Ada", copies: 2{"}"}
            stages:
              - name: alone
                loads:
                  alone: {"{"}arrivals: one-at-a-time, count: 3, calls: hello, warmup: 1{"}"}
              - name: crowd
                loads:
                  crowd: {"{"}arrivals: burst, size: 6, calls: hello{"}"}
              - name: updated
                duration: 1s
                updates: {"{"}hello: 400ms{"}"}
                fresh: false
                loads:
                  callers: {"{"}arrivals: constant, rate: 20, calls: hello{"}"}
              - name: steady
                duration: 1s
                loads:
                  steady: {"{"}arrivals: poisson, rate: 3, calls: hello, cold: true{"}"}
            assertions:
              - alone.errors <= 0
              - callers.errors <= 0
              - crowd.warm <= 0
              - alone.n >= 2
              - callers.n >= 20
            """,
            Test);
        var (results, page) = (Path.Combine(_terminal.Folder, "results"), Path.Combine(_terminal.Folder, "report.html"));

        Assert.Equal(ExitCode.Ok, await _terminal.RunAsync("bench", "--file", file, "--results", results, "--html", page));

        var saved = Assert.Single(Directory.GetFiles(results));
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(saved, Test));
        CheckReport(report.RootElement);
        CheckPage(await File.ReadAllTextAsync(page, Test), report.RootElement);
        await CheckVerdictsAsync(saved);
        Assert.Equal(ExitCode.NotFound, await _terminal.RunAsync("describe", "hello-1", "--namespace", "podpool-bench"));
    }

    public void Dispose() => _terminal.Dispose();

    private static void CheckReport(JsonElement report)
    {
        var runs = report.GetProperty("runs").EnumerateArray().ToDictionary(run => run.GetProperty("mode").GetString()!);
        Assert.Equal(["alone", "crowd", "callers", "steady"], runs.Keys);
        Assert.Equal((2, 1), (runs["alone"].GetProperty("n").GetInt32(), runs["alone"].GetProperty("warmup").GetInt32()));
        Assert.Equal(6, runs["crowd"].GetProperty("n").GetInt32());
        Assert.All(runs.Values.Where(run => run.TryGetProperty("phaseMeansMs", out var means) && means.EnumerateObject().Any()), run => Assert.Equal(
            run.GetProperty("meanMs").GetDouble(), run.GetProperty("phaseMeansMs").EnumerateObject().Sum(phase => phase.Value.GetDouble()), tolerance: 0.01));

        var timeline = Assert.Single(report.GetProperty("timelines").EnumerateArray());
        Assert.Equal(["alone", "crowd", "updated", "steady"], timeline.GetProperty("stages").EnumerateArray().Select(mark => mark.GetProperty("stage").GetString()));
        Assert.Equal(timeline.GetProperty("atMs").GetArrayLength(), timeline.GetProperty("warm").GetArrayLength());
        Assert.True(timeline.GetProperty("claims").EnumerateArray().Last().GetDouble() >= 5);
    }

    private static void CheckPage(string page, JsonElement report)
    {
        Assert.InRange(page.Length, 10_000, 2_000_000);

        // Nothing is fetched: no script, no link, no picture, no style or font of elsewhere.
        Assert.DoesNotMatch(Outside(), page);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);

        // Curves of one scenario, its phases, its pool; and names of parts that are unlike each other's.
        Assert.Equal(3, page.Split("<svg ").Length - 1);
        var ids = Ids().Matches(page).Select(id => id.Value).ToArray();
        Assert.Equal(ids.Distinct(), ids);
        Assert.DoesNotMatch(Colour(), page[page.IndexOf("<svg ", StringComparison.Ordinal)..]);

        Assert.Contains(report.GetProperty("environment").GetProperty("processor").GetString()!, page, StringComparison.Ordinal);
        foreach (var run in report.GetProperty("runs").EnumerateArray())
        {
            Assert.Contains($"<th scope=\"row\">{run.GetProperty("mode").GetString()}</th>", page, StringComparison.Ordinal);
            if (run.GetProperty("meanMs").GetDouble() is < 100 and var mean)
            {
                Assert.Contains($"<td>{mean.ToString("0.0##", System.Globalization.CultureInfo.InvariantCulture)}</td>", page, StringComparison.Ordinal);
            }
        }
    }

    private async Task CheckVerdictsAsync(string saved)
    {
        Assert.Equal(ExitCode.Ok, await _terminal.RunAsync("bench", "compare", saved, saved));
        Assert.Contains("Nothing has become worse", _terminal.Out, StringComparison.Ordinal);

        var report = JsonNode.Parse(await File.ReadAllTextAsync(saved, Test))!;
        var callers = report["runs"]!.AsArray().Single(run => (string?)run!["mode"] == "callers")!;
        callers["samples"] = new JsonArray([.. callers["samples"]!.AsArray().Select(sample => (JsonNode)(20 + (10 * (double)sample!)))]);
        var slower = Path.Combine(_terminal.Folder, "slower.json");
        await File.WriteAllTextAsync(slower, report.ToJsonString(), Test);

        Assert.Equal(ExitCode.Failed, await _terminal.RunAsync("bench", "compare", saved, slower));
        Assert.Contains("Worse: all-kinds callers.", _terminal.Out, StringComparison.Ordinal);
    }

    [GeneratedRegex("""<script|<link|<img|<iframe|@import|\ssrc=|href=|url\((?!#)""")]
    private static partial Regex Outside();

    [GeneratedRegex("""\sid="[^"]+""")]
    private static partial Regex Ids();

    [GeneratedRegex("""rgb\(|:black""")]
    private static partial Regex Colour();
}
