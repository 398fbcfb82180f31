using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using RuntimeStart;

// What a pod costs: start to warm, the first start of a function in it, the memory of idle ones side by side.
var runtime = new Option<string>("--runtime") { Description = "The published runtime", DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "runtime") };
var package = new Option<string>("--package") { Description = "A published function's folder", Required = true };
var entryPoint = new Option<string>("--entry-point") { Description = "Its entry point", Required = true };
var path = new Option<string>("--path") { Description = "What is requested of it", DefaultValueFactory = _ => "/?name=world" };
var count = new Option<int>("--count") { Description = "Pods, one after the other", DefaultValueFactory = _ => 20 };
var idle = new Option<int>("--idle") { Description = "Idle pods side by side, whose memory is measured", DefaultValueFactory = _ => 3 };
var environment = new Option<string[]>("--env") { Description = "K=V for the pods", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
var command = new RootCommand("Measures generic pods") { runtime, package, entryPoint, path, count, idle, environment };
command.SetAction(async (arguments, _) =>
{
    using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    var function = new MeasuredPackage(arguments.GetRequiredValue(package), arguments.GetRequiredValue(entryPoint));
    List<Row> rows = [];
    for (var index = 0; index <= arguments.GetValue(count); index++)
    {
        await using var pod = await MeasuredPod.StartAsync(arguments.GetValue(runtime)!, key, arguments.GetValue(environment)!);
        await pod.TouchAsync();
        var parts = function.Claim(pod.Id, key);
        var begun = Stopwatch.GetTimestamp();
        var answer = await pod.SpecializeAsync(parts);
        var specialized = Stopwatch.GetTimestamp();
        await pod.CallAsync(arguments.GetValue(path)!);
        var first = Stopwatch.GetTimestamp();
        await pod.CallAsync(arguments.GetValue(path)!);
        var second = Stopwatch.GetTimestamp();
        if (index > 0)
        {
            // The first pod warms the one who measures.
            rows.Add(new(
                pod.ToWarm.TotalMilliseconds, pod.CpuToWarm.TotalMilliseconds,
                answer.Phases.Transfer / 1000.0, answer.Phases.Load / 1000.0, answer.Phases.Start / 1000.0,
                Milliseconds(begun, specialized), Milliseconds(specialized, first), Milliseconds(begun, first), Milliseconds(first, second)));
        }
    }

    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"package: {function.Bytes / 1024} kB; {rows.Count} pods; ms: min / p50 / p90 / max"));
    Print("start to warm", row => row.ToWarm);
    Print("  of it CPU", row => row.Cpu);
    Print("transfer", row => row.Transfer);
    Print("load", row => row.Load);
    Print("start", row => row.Start);
    Print("specialize, as the manager sees it", row => row.Specialize);
    Print("first call", row => row.FirstCall);
    Print("specialize and first call", row => row.Total);
    Print("second call", row => row.SecondCall);

    var pods = await Task.WhenAll(Enumerable.Range(0, arguments.GetValue(idle)).Select(
        _ => MeasuredPod.StartAsync(arguments.GetValue(runtime)!, key, arguments.GetValue(environment)!)));
    await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, CancellationToken.None);
    foreach (var pod in pods)
    {
        var (clean, dirty) = pod.PrivateMemory();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"idle pod: private {(clean + dirty) / 1024.0:0.0} MB (clean {clean / 1024.0:0.0}, dirty {dirty / 1024.0:0.0})"));
    }

    if (Environment.GetEnvironmentVariable("HOLD") is not null)
    {
        Console.WriteLine(string.Join(' ', pods.Select(pod => pod.ProcessId)));
        Console.ReadLine();
    }

    foreach (var pod in pods)
    {
        await pod.DisposeAsync();
    }

    void Print(string name, Func<Row, double> value)
    {
        var sorted = rows.Select(value).Order().ToArray();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name,-36} {sorted[0],8:0.00} {At(0.5),8:0.00} {At(0.9),8:0.00} {sorted[^1],8:0.00}"));
        double At(double quantile) => sorted[Math.Min(sorted.Length - 1, (int)(quantile * sorted.Length))];
    }
});
return await command.Parse(args).InvokeAsync();

static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;

internal sealed record Row(
    double ToWarm, double Cpu, double Transfer, double Load, double Start, double Specialize, double FirstCall, double Total, double SecondCall);
