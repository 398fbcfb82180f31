// What a manager needs to know a large cluster: time until it is ready, memory, and processor time when nothing happens.
using System.CommandLine;
using System.Globalization;
using k8s;
using PodPool.Benchmarks;

var pods = new Option<int>("--pods") { Description = "warm pods that the pool wants", DefaultValueFactory = _ => 10_000 };
var functions = new Option<int>("--functions") { Description = "functions of the pool", DefaultValueFactory = _ => 2_000 };
var starts = new Option<int>("--starts") { Description = "managers started, one after the other", DefaultValueFactory = _ => 3 };
var package = new Option<string>("--package") { Description = "a folder that `dotnet publish` left: the package of every function", Required = true };
var record = new Option<bool>("--record") { Description = "write benchmarks/results/many-objects.md" };
var command = new RootCommand("Starts managers on an API server (KUBECONFIG) with many objects of theirs; the custom resources must be there, and no installation.")
{
    pods, functions, starts, package, record,
};
command.SetAction(async (arguments, cancellationToken) =>
{
    var provenance = Provenance.Read("ManyObjects", args);
    using var client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(Environment.GetEnvironmentVariable("KUBECONFIG")));
    await using var registry = await PackageServer.StartAsync(arguments.GetValue(package)!);
    const string Namespace = "podpool-many";
    var folder = Directory.CreateTempSubdirectory("podpool-many-");
    var objects = new ManyObjects(client, Namespace);
    var measured = new List<Start>();
    try
    {
        await objects.DeclareAsync(arguments.GetValue(pods), arguments.GetValue(functions), registry.Image);
        Console.WriteLine("declared");
        await using (await MeasuredManager.StartAsync(Namespace, folder.FullName, registry.Authority))
        {
            int made, ready;
            while ((made = await objects.PodsAsync()) < arguments.GetValue(pods) | (ready = await objects.ReadyFunctionsAsync()) < arguments.GetValue(functions))
            {
                Console.WriteLine($"{made} pods, {ready} functions are ready");
                await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken);
            }
        }

        for (var round = 0; round < arguments.GetValue(starts); round++)
        {
            await using var manager = await MeasuredManager.StartAsync(Namespace, folder.FullName, registry.Authority);

            // What is left of the start is over by then: caches of packages, statuses that say nothing new.
            await Task.Delay(TimeSpan.FromSeconds(60), TimeProvider.System, cancellationToken);
            var idle = await manager.LoadAsync(TimeSpan.FromSeconds(60));
            measured.Add(new(manager.Ready.TotalSeconds, manager.ResidentBytes / 1e6, manager.PeakBytes / 1e6, idle * 100));
            Console.WriteLine(measured[^1]);
        }

        if (arguments.GetValue(record))
        {
            provenance.Write(
                "many-objects",
                "A manager on a large cluster",
                string.Create(CultureInfo.InvariantCulture, $"""
                    A manager is started on a real API server that has {arguments.GetValue(pods)} pods of a pool and {arguments.GetValue(functions)} functions of one package: objects only, which
                    no node runs, so that all pods are starting for ever. Ready: from the start of its process until `/readyz` says so. Memory and idle load a minute
                    later; the load over another minute, in percent of one processor.
                    """),
                ["start", "ready s", "resident MB", "peak MB", "idle %"],
                1,
                measured.Select((start, index) => (string[])[(index + 1).ToString(CultureInfo.InvariantCulture), Provenance.Show(start.ReadySeconds), Provenance.Show(start.ResidentMegabytes), Provenance.Show(start.PeakMegabytes), Provenance.Show(start.IdlePercent)]),
                measured);
        }
    }
    finally
    {
        await objects.RemoveAsync();
        folder.Delete(recursive: true);
    }
});
return await command.Parse(args).InvokeAsync();

/// <summary>One start of a manager.</summary>
/// <param name="ReadySeconds">Until it was ready.</param>
/// <param name="ResidentMegabytes">Of 10⁶ bytes, a minute later.</param>
/// <param name="PeakMegabytes">The most until then.</param>
/// <param name="IdlePercent">Of one processor, when nothing happens.</param>
internal sealed record Start(double ReadySeconds, double ResidentMegabytes, double PeakMegabytes, double IdlePercent);
