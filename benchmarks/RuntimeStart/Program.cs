using System.CommandLine;
using System.Security.Cryptography;
using PodPool.Benchmarks;
using RuntimeStart;

// What a pod costs: start to warm, its memory while it is idle, the first start of a function in it.
var runtime = new Option<string>("--runtime") { Description = "The published runtime", DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "runtime") };
var package = new Option<string>("--package") { Description = "A published function's folder", Required = true };
var entryPoint = new Option<string>("--entry-point") { Description = "Its entry point", Required = true };
var path = new Option<string>("--path") { Description = "What is requested of it", DefaultValueFactory = _ => "/?name=world" };
var count = new Option<int>("--count") { Description = "Pods, one after the other; with --settings, of each kind", DefaultValueFactory = _ => 20 };
var environment = new Option<string[]>("--env") { Description = "K=V for the pods", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
var settings = new Option<bool>("--settings") { Description = "Compare the runtime's settings: the pod as shipped, and with each of them the other way round" };
var channels = new Option<bool>("--channels") { Description = "Compare the ways in which the loader can be called" };
var record = new Option<bool>("--record") { Description = "Write the result to benchmarks/results/runtime-settings.json and .md" };
var images = new Option<string[]>("--image") { Description = "NAME=DIR: a runtime that was published otherwise, in turns with the others", DefaultValueFactory = _ => [] };
var linger = new Option<int>("--linger") { Description = "Seconds that a pod lives on after its calls, for what traces it to be written" };
var also = new Option<string[]>("--also") { Description = "NAME=K=V[,K=V]: a pod with these variables, in turns with the one that is asked for", DefaultValueFactory = _ => [] };
var command = new RootCommand("Measures generic pods") { runtime, package, entryPoint, path, count, environment, settings, channels, images, also, record, linger };
command.SetAction(async (arguments, _) =>
{
    using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    var provenance = Provenance.Read("RuntimeStart", args);
    var function = new MeasuredPackage(arguments.GetRequiredValue(package), arguments.GetRequiredValue(entryPoint));
    var measurement = new Measurement(function, arguments.GetValue(path)!, key, TimeSpan.FromSeconds(arguments.GetValue(linger)));
    var folder = arguments.GetValue(runtime)!;
    Variant[] variants = arguments.GetValue(settings)
        ? [.. Variant.Settings(folder), .. arguments.GetValue(images)!.Select(Variant.Image)]
        : arguments.GetValue(channels) ? [.. Variant.Channels(folder, arguments.GetValue(environment)!)]
        : [new("as asked", folder, arguments.GetValue(environment)!), .. arguments.GetValue(images)!.Select(Variant.Image)];
    variants = [.. variants, .. arguments.GetValue(also)!.Select(option => Variant.Variables(option, folder))];
    var rows = await measurement.RunAsync(variants, arguments.GetValue(count));
    foreach (var (variant, of) in variants.Zip(rows))
    {
        Console.WriteLine(variant.Name);
        Measurement.Print(of);
    }

    if (arguments.GetValue(record))
    {
        Measurement.Write(provenance, function, variants, rows);
    }
});
return await command.Parse(args).InvokeAsync();
