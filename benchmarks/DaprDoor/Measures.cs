using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PodPool.Benchmarks;

/// <summary>One figure.</summary>
/// <param name="Name">What.</param>
/// <param name="Value">How much.</param>
/// <param name="Unit">Of what.</param>
/// <param name="N">From how many measurements.</param>
/// <param name="Note">What a reader must know.</param>
internal sealed record Figure(string Name, double Value, string Unit, int N, string Note = "");

/// <summary>What is measured while all goes well.</summary>
internal static class Measures
{
    /// <summary>First requests of a function that uses Dapr, and of the same that does not, in turns.</summary>
    public static async Task<IEnumerable<Figure>> StartsAsync(Platform platform, int count)
    {
        await platform.DeployAsync("plain", dapr: null);
        var took = new Dictionary<string, List<double>> { ["plain"] = [], [Platform.User] = [] };
        for (var round = 0; round < count + 2; round++)
        {
            foreach (var function in took.Keys)
            {
                await platform.CoolAsync(function);
                var begun = Stopwatch.GetTimestamp();
                await platform.Client.GetStringAsync(new Uri($"/default/{function}", UriKind.Relative));
                if (round >= 2)
                {
                    took[function].Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                }
            }
        }

        var (plain, uses) = (Median(took["plain"]), Median(took[Platform.User]));
        return
        [
            new("first request without Dapr, p50", plain, "ms", count), new("first request of a function that uses Dapr, p50", uses, "ms", count),
            new("the one to the other", uses / plain, "×", count),
        ];
    }

    /// <summary>Reading a key through the door and straight from daprd, in turns.</summary>
    public static async Task<IEnumerable<Figure>> StateAsync(Platform platform, int count)
    {
        var (door, token, _) = await platform.InstanceAsync(Platform.User);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var ways = new (string Name, Uri Store, string Token)[]
        {
            ("door", new(door, "/v1.0/state/statestore"), token), ("daprd", new(platform.DaprdAddress, "/v1.0/state/statestore"), platform.DaprdToken),
        };
        foreach (var way in ways)
        {
            using var saved = await client.SendAsync(Request(HttpMethod.Post, way.Store, way.Token, "[{\"key\":\"bench\",\"value\":{\"text\":\"some value\"}}]"));
            saved.EnsureSuccessStatusCode();
        }

        var took = new[] { new List<double>(), new List<double>() };
        for (var i = 0; i < count + 200; i++)
        {
            for (var way = 0; way < 2; way++)
            {
                var begun = Stopwatch.GetTimestamp();
                await GetAsync(client, ways[way].Store, ways[way].Token);
                if (i >= 200)
                {
                    took[way].Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                }
            }
        }

        var rates = new[] { new List<double>(), new List<double>() };
        for (var round = 0; round < 5; round++)
        {
            for (var way = 0; way < 2; way++)
            {
                rates[way].Add(await RateAsync(client, ways[way].Store, ways[way].Token));
            }
        }

        return
        [
            new("state get straight to daprd, p50", Median(took[1]), "ms", count), new("state get through the door, p50", Median(took[0]), "ms", count),
            new("the door adds, p50", Median(took[0]) - Median(took[1]), "ms", count),
            new("throughput straight, 16 at once", Median(rates[1]), "1/s", 5), new("throughput through the door, 16 at once", Median(rates[0]), "1/s", 5),
            new("the one to the other", Median(rates[0]) / Median(rates[1]), "×", 5, "client, door, daprd and Redis share the processors"),
        ];
    }

    /// <summary>From publishing to the first line of a function that had no instance.</summary>
    public static async Task<IEnumerable<Figure>> EventsAsync(Platform platform, int count)
    {
        await platform.DeployAsync("handles", "subscriptions: [{pubSub: pubsub, topic: cold}]");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var took = new List<double>();
        var warm = new List<double>();
        for (var round = 0; round < count + 2; round++)
        {
            var (door, token, _) = await platform.InstanceAsync(Platform.User);
            await platform.CoolAsync("handles");
            var cold = await PublishAsync(client, platform, door, token, 2 * round);
            var next = await PublishAsync(client, platform, door, token, (2 * round) + 1);
            if (round >= 2)
            {
                took.Add(cold);
                warm.Add(next);
            }
        }

        return [new("event to a cold function, published to handled, p50", Median(took), "ms", count), new("event to a warm function, p50", Median(warm), "ms", count)];
    }

    /// <summary>What the door holds in memory with many functions that use it.</summary>
    public static async Task<IEnumerable<Figure>> MemoryAsync(Platform platform, int functions)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        for (var i = 0; i < functions; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"memory-{i}");
            await platform.DeployAsync(name, Platform.Uses);
            var (door, token, _) = await platform.InstanceAsync(name);
            for (var call = 0; call < 50; call++)
            {
                await GetAsync(client, new(door, "/v1.0/state/statestore"), token);
            }
        }

        var status = await File.ReadAllLinesAsync($"/proc/{platform.Door.Id}/smaps_rollup");
        double Field(string name) => double.Parse(status.Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        return
        [
            new($"memory of the door with {functions} functions, its share", Field("Pss:"), "MiB", 1, "what it shares with others (the runtime's files, with every process of .NET on the node) is divided among them"),
            new("its own alone", Field("Private_Clean:") + Field("Private_Dirty:"), "MiB", 1), new("resident in all", Field("Rss:"), "MiB", 1),
            new($"what {functions} sidecars would reserve", 250.0 * functions, "MiB", 1, "Dapr's production guide: 250 Mi each"),
        ];
    }

    /// <summary>Whether a key can be asked for.</summary>
    public static async Task<bool> IsThereAsync(HttpClient client, Uri key, string token)
    {
        using var request = Request(HttpMethod.Get, key, token, body: null);
        using var answer = await client.SendAsync(request);
        return answer.IsSuccessStatusCode;
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    public static async Task PublishAsync(HttpClient client, Uri door, string token, string topic, long number)
    {
        using var request = Request(HttpMethod.Post, new(door, $"/v1.0/publish/pubsub/{topic}"), token, number.ToString(CultureInfo.InvariantCulture));
        using var answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<double> PublishAsync(HttpClient client, Platform platform, Uri door, string token, long number)
    {
        var begun = Stopwatch.GetTimestamp();
        await PublishAsync(client, door, token, "cold", number);
        while (true)
        {
            var line = File.Exists(platform.EventsOf("handles"))
                ? (await File.ReadAllLinesAsync(platform.EventsOf("handles"))).FirstOrDefault(line => line.StartsWith($"{number} ", StringComparison.Ordinal))
                : null;
            if (line is not null)
            {
                // One clock for all processes of the machine.
                return Stopwatch.GetElapsedTime(begun, long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture)).TotalMilliseconds;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private static async Task<double> RateAsync(HttpClient client, Uri store, string token)
    {
        var over = TimeSpan.FromSeconds(3);
        var begun = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            var count = 0;
            while (Stopwatch.GetElapsedTime(begun) < over)
            {
                await GetAsync(client, store, token);
                count++;
            }

            return count;
        }));
        return counts.Sum() / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static async Task GetAsync(HttpClient client, Uri store, string token)
    {
        using var request = Request(HttpMethod.Get, new(store + "/bench"), token, body: null);
        using var answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        await answer.Content.ReadAsByteArrayAsync();
    }

    private static HttpRequestMessage Request(HttpMethod method, Uri address, string token, string? body)
    {
        var request = new HttpRequestMessage(method, address) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("dapr-api-token", token);
        return request;
    }
}
