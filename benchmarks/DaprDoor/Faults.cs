using System.Globalization;

namespace PodPool.Benchmarks;

/// <summary>Many events to many functions while instances, the door and daprd are killed, one after another.</summary>
internal static class Faults
{
    private static readonly TimeSpan KillEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <param name="platform">Its user publishes.</param>
    /// <param name="events">In all.</param>
    /// <param name="functions">Each has a topic.</param>
    public static async Task<IEnumerable<Figure>> RunAsync(Platform platform, int events, int functions)
    {
        var names = Enumerable.Range(0, functions).Select(number => string.Create(CultureInfo.InvariantCulture, $"flood-{number}")).ToList();
        foreach (var name in names)
        {
            await platform.DeployAsync(name, $"subscriptions: [{{pubSub: pubsub, topic: {name}}}]");
        }

        using var published = new CancellationTokenSource();
        var killing = KillAsync(platform, names, published.Token);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        for (var number = 0; number < events; number++)
        {
            await PublishAsync(client, platform, names[number % functions], number);
        }

        await published.CancelAsync();
        var (instances, daprds, doors) = await killing;
        var deadline = TimeProvider.System.GetUtcNow() + Patience;
        List<long> handled;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            handled = names.Where(name => File.Exists(platform.EventsOf(name))).SelectMany(name => File.ReadAllLines(platform.EventsOf(name))).Select(line => long.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)).ToList();
        }
        while (handled.Distinct().Count() < events && TimeProvider.System.GetUtcNow() < deadline);

        return
        [
            new($"events published to {functions} functions", events, "", 1, $"while {instances} instances, {daprds} daprds and {doors} doors were killed"),
            new("lost", events - handled.Distinct().Count(), "", 1), new("handled more than once", handled.Count - handled.Distinct().Count(), "", 1, "at-least-once allows it"),
        ];
    }

    /// <summary>Publishes until it is taken: what was refused was not published, as far as the publisher knows.</summary>
    private static async Task PublishAsync(HttpClient client, Platform platform, string topic, long number)
    {
        while (true)
        {
            try
            {
                var (door, token, _) = await platform.InstanceAsync(Platform.User);
                await Measures.PublishAsync(client, door, token, topic, number);
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    private static async Task<(int Instances, int Daprds, int Doors)> KillAsync(Platform platform, List<string> names, CancellationToken published)
    {
        var (instances, daprds, doors) = (0, 0, 0);
        for (var turn = 0; !published.IsCancellationRequested; turn++)
        {
            await Task.Delay(KillEvery, TimeProvider.System, published).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            switch (turn % 4)
            {
                case 1:
                    platform.Door.Kill();
                    doors++;
                    break;
                case 3:
                    platform.Daprd.Kill();
                    daprds++;
                    break;
                default:
                    var (_, _, process) = await platform.InstanceAsync(names[turn % names.Count]);
                    System.Diagnostics.Process.GetProcessById(process).Kill();
                    instances++;
                    break;
            }
        }

        return (instances, daprds, doors);
    }
}
