using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace PodPool.Monitoring.Starting;

/// <summary>A real Prometheus that scrapes the given addresses every second, with PodPool's alert rules.</summary>
internal sealed class Prometheus : IAsyncDisposable
{
    private const string Program = "/usr/bin/prometheus";
    private const string Tool = "/usr/bin/promtool";

    private readonly Process _process;
    private readonly HttpClient _client;

    private Prometheus(Process process, int port)
    {
        _process = process;
        _client = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")) };
    }

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    /// <summary>Skips the test where the program is not installed.</summary>
    public static void Require() => Assert.SkipUnless(File.Exists(Program), $"{Program} is not installed (Debian's package prometheus)");

    /// <summary>Starts one that is ready.</summary>
    /// <param name="folder">Its data go there.</param>
    /// <param name="port">Where it listens: one that is free.</param>
    /// <param name="targets">Jobs with the addresses that are scraped.</param>
    public static async Task<Prometheus> StartAsync(string folder, int port, params (string Job, string Address)[] targets)
    {
        var config = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(
            config,
            $"""
            global: {"{"}scrape_interval: 1s, evaluation_interval: 1s{"}"}
            rule_files: ['{Dashboards.Rules}']
            scrape_configs:
            {string.Join('\n', targets.Select(target => $"- {{job_name: {target.Job}, static_configs: [{{targets: ['{target.Address}']}}]}}"))}

            """,
            Test);
        var process = Process.Start(new ProcessStartInfo(
            Program, [$"--config.file={config}", $"--storage.tsdb.path={folder}/prometheus", string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{port}"), "--log.level=error"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var said = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var prometheus = new Prometheus(process, port);
        await UntilAsync(async () =>
        {
            Assert.False(process.HasExited, process.HasExited ? await said : "");
            try
            {
                using var answer = await prometheus._client.GetAsync(new Uri("/-/ready", UriKind.Relative), Test);
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        return prometheus;
    }

    /// <summary>What promtool says of a file.</summary>
    /// <returns>Its output, and whether it was content.</returns>
    public static async Task<(bool IsGood, string Said)> CheckAsync(params string[] arguments)
    {
        using var tool = Process.Start(new ProcessStartInfo(Tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (said, complained) = (tool.StandardOutput.ReadToEndAsync(Test), tool.StandardError.ReadToEndAsync(Test));
        await tool.WaitForExitAsync(Test);
        return (tool.ExitCode == 0, await said + await complained);
    }

    /// <summary>How many series an expression gives now.</summary>
    public async Task<int> QueryAsync(string expression)
    {
        using var answer = await _client.GetAsync(new Uri("/api/v1/query?query=" + Uri.EscapeDataString(expression), UriKind.Relative), Test);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Test));
        Assert.True(answer.IsSuccessStatusCode, $"{expression}: {json.RootElement}");
        var result = json.RootElement.GetProperty("data").GetProperty("result");
        return result.ValueKind == JsonValueKind.Array ? result.GetArrayLength() : 1;
    }

    /// <summary>The names of all rules, with how they fared.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RulesAsync()
    {
        using var json = JsonDocument.Parse(await _client.GetStringAsync(new Uri("/api/v1/rules", UriKind.Relative), Test));
        return json.RootElement.GetProperty("data").GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .ToDictionary(rule => rule.GetProperty("name").GetString()!, rule => rule.GetProperty("health").GetString()!);
    }

    /// <summary>Waits for something that Prometheus sees at one of its next scrapes.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!await holds())
        {
            await timer.WaitForNextTickAsync(Test);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }
}
