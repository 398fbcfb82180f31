using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PodPool.EndToEnd.Cluster;

namespace PodPool.EndToEnd;

/// <summary>An operator sizes a pool with <c>podpool tune</c>, and looks what comes of it.</summary>
public sealed partial class SizeTests(TestNamespace space) : EndToEndTests(space)
{
    /// <summary>Where a manager shows its console.</summary>
    private const int ConsolePort = 8085;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [ClusterFact]
    public async Task A_pool_is_tuned_sizes_itself_and_says_why_in_its_status_in_podpool_and_in_the_console()
    {
        await using var pool = await Pool.CreateAsync(Installation, "e2e-size", warm: 1);
        await Installation.FullAsync(pool.Name);

        var tuned = await Command.PodPoolAsync(
            "tune", "--synthetic", "poisson:rate=0.1,functions=50,hours=12", "--refill", "4s,10s", "--policies", "auto", "--max", "3", "--miss-probability", "0.05", "--pool", pool.Name, "--apply", "--yes");

        Note(tuned);
        var auto = (await Installation.PoolAsync(pool.Name))["spec"]!["size"]!["auto"]!;
        Assert.Equal((0.05, 3), ((double)auto["missProbability"]!, (int)auto["max"]!));
        foreach (var function in await Space.DeployEchoesAsync("size", 3, spec => spec["pool"] = $"{Installation.Namespace}/{pool.Name}"))
        {
            (await Caller.GetAsync(Space.UrlOf(function))).Succeeded();
        }

        // Three came one after the other: that is a demand, and their refills were measured.
        await Eventually.IsSoAsync(async () => (await StatusAsync(pool)) is { } status && (double?)status["demand"] > 0 && (double?)status["refillP50"] > 0 ? null : "no demand in the status");
        await Eventually.IsSoAsync(async () =>
        {
            string?[] why = [(string?)(await StatusAsync(pool))?["why"], await ListedAsync(pool), (string?)(await ConsoleAsync(pool))?["why"]];

            // Demand falls from second to second: its figures are not those of a moment ago.
            return why.All(text => text?.Length > 0) && why.Select(text => Figures().Replace(text!, "#")).Distinct().Count() == 1 ? null : $"status, podpool and console say: {string.Join(" | ", why)}";
        });
        Note((string)(await StatusAsync(pool))!["why"]!);
    }

    private async Task<JsonNode?> StatusAsync(Pool pool) => (await Installation.PoolAsync(pool.Name))["status"]?["size"];

    [GeneratedRegex("[0-9.,]+")]
    private static partial Regex Figures();

    /// <summary>Why the pool has its size, as <c>podpool</c> says it.</summary>
    private static async Task<string?> ListedAsync(Pool pool)
    {
        var pools = JsonNode.Parse(await Command.PodPoolAsync("pool", "list", "--output", "json"))!["pools"]!.AsArray();
        return (string?)pools.FirstOrDefault(each => ((string)each!["pool"]!).EndsWith(pool.Name, StringComparison.Ordinal))?["sizing"]?["why"];
    }

    /// <summary>The pool's row, as the leader's console tells a browser that begins to look.</summary>
    private async Task<JsonNode?> ConsoleAsync(Pool pool)
    {
        await using var console = await PortForward.OpenAsync(Installation.Namespace, $"pod/{await Installation.LeaderAsync()}", ConsolePort);
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler) { BaseAddress = console.Address };
        await using var stream = await client.GetStreamAsync(new Uri("console/stream", UriKind.Relative), Test);
        await foreach (var message in SseParser.Create(stream).EnumerateAsync(Test))
        {
            var all = JsonNode.Parse(message.Data)!;
            return all["pools"]!.AsArray().FirstOrDefault(row => ((string)row!["name"]!).EndsWith(pool.Name, StringComparison.Ordinal));
        }

        return null;
    }
}
