// What the node's door to Dapr costs, and what becomes of events when what handles them dies.
using System.CommandLine;
using PodPool.Benchmarks;

var redis = new Option<string>("--redis") { Description = "redis-server's program", DefaultValueFactory = _ => "/usr/bin/redis-server" };
var count = new Option<int>("--count") { Description = "starts, and events to a cold function", DefaultValueFactory = _ => 50 };
var gets = new Option<int>("--gets") { Description = "reads of a key, each way", DefaultValueFactory = _ => 3000 };
var functions = new Option<int>("--functions") { Description = "on the node, when the door's memory is read", DefaultValueFactory = _ => 100 };
var events = new Option<int>("--events") { Description = "while things are killed", DefaultValueFactory = _ => 10_000 };
var only = new Option<string[]>("--only") { Description = "starts, state, events, faults, memory: these alone", AllowMultipleArgumentsPerToken = true };
var record = new Option<bool>("--record") { Description = "write benchmarks/results/dapr-door.md" };
var command = new RootCommand("Measures what a node has, with the stand-in for daprd over a real Redis.") { redis, count, gets, functions, events, only, record };
command.SetAction(async (arguments, _) =>
{
    var provenance = Provenance.Read("DaprDoor", args);
    var figures = new List<Figure>();
    await using (var platform = await Platform.StartAsync(arguments.GetValue(redis)!, warm: 8))
    {
        await AddAsync("starts", () => Measures.StartsAsync(platform, arguments.GetValue(count)));
        await AddAsync("state", () => Measures.StateAsync(platform, arguments.GetValue(gets)));
        await AddAsync("events", () => Measures.EventsAsync(platform, arguments.GetValue(count)));
        await AddAsync("faults", () => Faults.RunAsync(platform, arguments.GetValue(events), functions: 20));
        await AddAsync("memory", () => Measures.MemoryAsync(platform, arguments.GetValue(functions)));
    }

    if (arguments.GetValue(record))
    {
        provenance.Write(
            "dapr-door",
            "The node's door to Dapr",
            "Manager, router, door and the stand-in for daprd (`tests/PodPool.DaprStandIn`), each a process of its own, over a real Redis, all on one machine. What the real daprd takes is not in it.",
            ["", "", "unit", "n", ""], 1,
            figures.Select(figure => new[] { figure.Name, Provenance.Show(figure.Value, figure.Value >= 100 ? "0" : "0.00"), figure.Unit, $"{figure.N}", figure.Note }), figures);
    }

    async Task AddAsync(string name, Func<Task<IEnumerable<Figure>>> measure)
    {
        if (arguments.GetValue(only) is { Length: > 0 } wanted && !wanted.Contains(name))
        {
            return;
        }

        foreach (var figure in await measure())
        {
            figures.Add(figure);
            Console.WriteLine($"{figure.Name}: {Provenance.Show(figure.Value, "0.000")} {figure.Unit} (n = {figure.N}) {figure.Note}");
        }
    }
});
return await command.Parse(args).InvokeAsync();
