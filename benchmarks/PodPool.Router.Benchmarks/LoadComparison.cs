using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using PodPool.Benchmarks;

namespace PodPool.Router.Benchmarks;

/// <summary>
/// The router against a bare YARP before the same pod, under wrk: each a process of its own, in turns, so that a change of the
/// machine's load falls on both.
/// </summary>
internal static partial class LoadComparison
{
    private const int Rounds = 11;
    private const int RoundSeconds = 3;

    /// <summary>Until what runs all the time is compiled as it stays: the runtime does that behind the requests, and not at once.</summary>
    private const int WarmUpSeconds = 8;

    private const string BareYarp = "bare YARP";
    private const string Router = "router";

    private static readonly (string Name, int Port)[] Sides = [(BareYarp, 8081), (Router, 8082)];

    /// <summary>Measures, and writes <c>benchmarks/results/router-load</c>.</summary>
    /// <exception cref="InvalidOperationException">wrk is missing, or a request failed.</exception>
    public static async Task RunAsync(Provenance provenance)
    {
        var folder = Directory.CreateTempSubdirectory("podpool-load-");
        var pod = $"unix:{folder.FullName}/pod.sock";
        List<Process> servers =
        [
            Start("pod", "--listen", pod),
            Start("bare-yarp", "--listen", "http://127.0.0.1:8081", "--to", pod),
            Start("router", "--listen", "http://127.0.0.1:8082", "--to", pod),
        ];
        try
        {
            foreach (var (_, port) in Sides)
            {
                await UntilAnswersAsync(port);
                await WrkAsync(port, connections: 32, WarmUpSeconds);
            }

            List<Row> rows = [];
            foreach (var connections in new[] { 1, 32 })
            {
                rows.AddRange(await CompareAsync(connections));
            }

            provenance.Write(
                "router-load",
                "The router against bare YARP",
                $"wrk with one thread before the same pod; {Rounds} rounds of {RoundSeconds} s each in turns, the medians of them. Ratio: of requests a second to bare YARP's in the same round, so that what else the machine did falls on both; more: of the p50, over bare YARP's, likewise.",
                ["server", "connections", "requests/s", "p50 ms", "p99 ms", "ratio", "lowest", "highest", "p50 more, ms"],
                names: 1,
                rows.Select(row => new[]
                {
                    row.Server, $"{row.Connections}", Provenance.Show(row.RequestsPerSecond, "0"), Provenance.Show(row.P50, "0.000"), Provenance.Show(row.P99, "0.000"),
                    Provenance.Show(row.Ratio, "0.000"), Provenance.Show(row.LowestRatio, "0.000"), Provenance.Show(row.HighestRatio, "0.000"), Provenance.Show(row.More, "0.000"),
                }),
                rows);
        }
        finally
        {
            foreach (var server in servers)
            {
                server.Kill();
                await server.WaitForExitAsync();
                server.Dispose();
            }

            folder.Delete(recursive: true);
        }
    }

    private static async Task<Row[]> CompareAsync(int connections)
    {
        var runs = Sides.ToDictionary(side => side.Name, _ => new List<Run>());
        for (var round = 0; round < Rounds; round++)
        {
            // Who comes first changes: what follows a run may still clean up after it.
            foreach (var (name, port) in round % 2 == 0 ? Sides : [.. Sides.Reverse()])
            {
                runs[name].Add(await WrkAsync(port, connections, RoundSeconds));
            }
        }

        return [.. Sides.Select(side => RowOf(side.Name, connections, runs[side.Name], runs[BareYarp]))];
    }

    private static Row RowOf(string server, int connections, List<Run> runs, List<Run> bare)
    {
        var ratios = runs.Zip(bare, (run, other) => run.Rate / other.Rate).Order().ToList();
        return new(
            server, connections, Median(runs.Select(run => run.Rate)), Median(runs.Select(run => run.P50)), Median(runs.Select(run => run.P99)),
            Median(ratios), ratios[0], ratios[^1], Median(runs.Zip(bare, (run, other) => run.P50 - other.P50)));
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private static Process Start(params string[] args) => Process.Start(new ProcessStartInfo("dotnet", [typeof(LoadComparison).Assembly.Location, .. args]))!;

    private static async Task UntilAnswersAsync(int port)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        for (var attempt = 0; attempt < 100; attempt++)
        {
            try
            {
                using var response = await client.GetAsync(UrlOf(port));
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not there yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        throw new InvalidOperationException($"Nothing answers on port {port}.");
    }

    private static async Task<Run> WrkAsync(int port, int connections, int seconds)
    {
        var start = new ProcessStartInfo(
            "wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", UrlOf(port).ToString()]) { RedirectStandardOutput = true };
        using var wrk = Process.Start(start) ?? throw new InvalidOperationException("wrk did not start.");
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        return wrk.ExitCode == 0 && !output.Contains("Non-2xx", StringComparison.Ordinal) && !output.Contains("Socket errors", StringComparison.Ordinal)
            ? new(Number(Rate().Match(output)), Milliseconds("50%"), Milliseconds("99%"))
            : throw new InvalidOperationException($"wrk on port {port}: {output}");

        double Milliseconds(string quantile)
        {
            var latency = Latency().Matches(output).Single(match => match.Groups["quantile"].Value == quantile);
            return Number(latency) * latency.Groups["unit"].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
        }
    }

    private static Uri UrlOf(int port) => new($"http://127.0.0.1:{port}/default/hello/");

    private static double Number(Match match) => double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Requests/sec:\s+(?<number>[\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"^\s+(?<quantile>\d+%)\s+(?<number>[\d.]+)(?<unit>us|ms|s)\s*$", RegexOptions.Multiline)]
    private static partial Regex Latency();

    /// <summary>One run of wrk: requests a second, and times in milliseconds.</summary>
    private readonly record struct Run(double Rate, double P50, double P99);

    /// <summary>Times in milliseconds.</summary>
    private sealed record Row(
        string Server, int Connections, double RequestsPerSecond, double P50, double P99, double Ratio, double LowestRatio, double HighestRatio, double More);
}
