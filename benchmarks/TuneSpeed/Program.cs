using System.Diagnostics;
using PodPool.Benchmarks;
using PodPool.Core;
using PodPool.Simulation;

// How fast the simulation is: requests a second of one processor, by load and policy. "--record": written to benchmarks/results.
string[] loads =
[
    "poisson:rate=1000,functions=100,hours=6,duration=0.1,duration-p99=1",
    "poisson:rate=200,functions=10000,zipf=1.6,hours=24,duration=0.2,duration-p99=2",
    "poisson:rate=50,functions=10000,zipf=1.3,hours=24,duration=0.2,duration-p99=2",
];
var provenance = Provenance.Read("TuneSpeed", args);
var settings = new SimulationSettings
{
    Pool = new PoolSpec { Name = "default", Warm = 16, RefillPerSecond = 50, RefillBurst = 100, RefillParallelism = 100 },
    Refill = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6)),
    WarmUp = TimeSpan.FromMinutes(30),
};
List<Measured> all = [];
foreach (var text in loads)
{
    var source = new SyntheticLoad(SyntheticSpec.Parse(text));
    foreach (var candidate in (Candidate[])[Candidate.OfSize(settings, 16), Candidate.OfAuto(settings, new SizeAuto(0.01))])
    {
        var (before, began) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var result = Tuner.Run(source, [candidate], new(0.25, 0.005), 1, null, CancellationToken.None);
        var (cpu, wall) = ((Environment.CpuUsage.TotalTime - before).TotalSeconds, Stopwatch.GetElapsedTime(began).TotalSeconds);
        var run = result.Outcomes[0].Result;
        all.Add(new(source.Description, candidate.Name, result.Requests, (double)run.Immediate / run.Requests, run.Starts, cpu, wall, result.Requests / cpu, Environment.WorkingSet / 1e6));
        Console.WriteLine(all[^1]);
    }
}

if (args.Contains("--record"))
{
    provenance.Write(
        "tune-speed",
        "How fast the simulation of podpool tune is",
        "One candidate, one processor: the load is made, read and simulated. Seconds of processor time; on a machine with others' work the wall clock says less.",
        ["load", "policy", "requests", "found an instance", "starts", "processor s", "wall s", "requests a second", "working set MB"],
        names: 2,
        all.Select(one => new[]
        {
            one.Load, one.Policy, $"{one.Requests}", Provenance.Show(one.Immediate * 100, "0.00") + " %", $"{one.Starts}", Provenance.Show(one.CpuSeconds), Provenance.Show(one.WallSeconds),
            Provenance.Show(one.PerSecond, "0"), Provenance.Show(one.WorkingSet, "0"),
        }),
        all);
}

internal sealed record Measured(
    string Load, string Policy, long Requests, double Immediate, long Starts, double CpuSeconds, double WallSeconds, double PerSecond, double WorkingSet);
