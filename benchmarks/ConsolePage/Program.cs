// The manager's page with many functions and pods: how soon it is painted, and what it costs to keep it so.
using System.CommandLine;
using System.Globalization;
using Microsoft.Playwright;
using PodPool.Benchmarks;
using PodPool.WebConsole.Simulating;

var pods = new Option<int>("--pods") { Description = "simulated pods: a fifth of them warm, the others instances", DefaultValueFactory = _ => 5_000 };
var functions = new Option<int>("--functions") { Description = "functions", DefaultValueFactory = _ => 2_000 };
var loads = new Option<int>("--loads") { Description = "how often the page is opened", DefaultValueFactory = _ => 10 };
var seconds = new Option<int>("--seconds") { Description = "how long each load of processors is measured", DefaultValueFactory = _ => 60 };
var record = new Option<bool>("--record") { Description = "write benchmarks/results/console.md" };
var command = new RootCommand("Opens the console of a manager with simulated pods in a real browser (/usr/bin/chromium).") { pods, functions, loads, seconds, record };
command.SetAction(async (arguments, cancellationToken) =>
{
    var provenance = Provenance.Read("ConsolePage", args);
    var rows = new List<Figure>();
    var during = TimeSpan.FromSeconds(arguments.GetValue(seconds));
    var folder = Directory.CreateTempSubdirectory("ppc");
    try
    {
        Add("a start with a console, more than without", ClaimPath.Nanoseconds(), "ns");
        await using var manager = await SimulatedManager.StartAsync(folder.FullName, warm: arguments.GetValue(pods) / 5);
        var declared = Enumerable.Range(0, arguments.GetValue(functions)).Select(i => manager.AddFunction(string.Create(CultureInfo.InvariantCulture, $"function-{i:0000}"))).ToList();
        var instances = Enumerable.Range(0, arguments.GetValue(pods) * 4 / 5).Select(i => manager.Serve(declared[i % declared.Count])).ToList();
        await using var activity = new Activity(manager, declared, instances);
        await using var chromium = await Chromium.StartAsync();

        // What has never run is compiled, and what was used once is compiled better.
        await using (await OpenPageAsync(chromium, manager.Page))
        {
            await Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System, cancellationToken);
        }

        var quiet = await ProcessorTime.MeasureAsync(during);
        Add("processor of the manager, nobody looks", quiet.Own, "%");
        var (painted, known) = (new List<double>(), new List<double>());
        for (var i = 0; i < arguments.GetValue(loads); i++)
        {
            await using var page = await OpenPageAsync(chromium, manager.Page);
            painted.Add(await page.Page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
            known.Add(await page.Page.EvaluateAsync<double>("performance.getEntriesByName('podpool-known')[0].startTime"));
        }

        Add("first contentful paint, median", Median(painted), "ms");
        Add("first contentful paint, longest", painted.Max(), "ms");
        Add("all tables filled, median", Median(known), "ms");
        Add("all tables filled, longest", known.Max(), "ms");
        await using (await OpenPageAsync(chromium, manager.Page))
        {
            // Past what opening it costs.
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken);
            var watched = await ProcessorTime.MeasureAsync(during);
            Add("processor of the manager, one page is open", watched.Own, "%");
            Add("processor of the browser, all its processes", watched.Browser, "%");
        }

        var (first, each) = await StreamSize.MeasureAsync(manager.Page);
        Add("the first message", first / 1e3, "kB");
        Add("a second's changes", each / 1e3, "kB");
        if (arguments.GetValue(record))
        {
            provenance.Write(
                "console",
                "The console with many functions",
                string.Create(CultureInfo.InvariantCulture, $"""
                    A manager whose books hold {arguments.GetValue(pods)} pods and {arguments.GetValue(functions)} functions: no process and no channel belongs to a pod, so nothing but the books and
                    the console works. Each second {Activity.Starts} instances start, as many end, {Activity.Starts} warm pods are lost and made anew, and the load of {Activity.Loads} functions changes. The
                    page is open in Debian's Chromium without a window or graphics hardware, on the same machine; it is opened {arguments.GetValue(loads)} times, each in a new context. Times are from the
                    navigation; processor time is over {arguments.GetValue(seconds)} s, in percent of one, and the manager's has the simulation in it.
                    """),
                ["figure", "value", "unit"],
                1,
                rows.Select(row => (string[])[row.Name, Provenance.Show(row.Value), row.Unit]),
                rows);
        }
    }
    finally
    {
        folder.Delete(recursive: true);
    }

    void Add(string name, double value, string unit)
    {
        rows.Add(new(name, value, unit));
        Console.WriteLine($"{name}: {Provenance.Show(value)} {unit}");
    }
});
return await command.Parse(args).InvokeAsync();

static async Task<OpenPage> OpenPageAsync(Chromium chromium, Uri address)
{
    var context = await chromium.Browser.NewContextAsync();
    var page = await context.NewPageAsync();
    await page.GotoAsync(address.AbsoluteUri);
    await page.EvaluateAsync("""
        async () => {
          while (!performance.getEntriesByName('podpool-known').length || !performance.getEntriesByName('first-contentful-paint').length) {
            await new Promise(requestAnimationFrame);
          }
        }
        """);
    return new(page);
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

/// <summary>A page that is closed with all that belongs to it.</summary>
internal sealed record OpenPage(IPage Page) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}

/// <summary>One figure.</summary>
internal sealed record Figure(string Name, double Value, string Unit);
