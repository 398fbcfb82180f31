using System.Diagnostics;
using PodPool.Benchmarks;
using PodPool.Core;
using PodPool.Simulation;

// How fast the simulation is: requests a second of one processor, by load and policy, and what all candidates of podpool tune take together. "--record": written to
// benchmarks/results.
string[] loads =
[
    "poisson:rate=1000,functions=100,hours=6,duration=0.1,duration-p99=1",
    "poisson:rate=200,functions=10000,zipf=1.6,hours=24,duration=0.2,duration-p99=2",
    "poisson:rate=50,functions=10000,zipf=1.3,hours=24,duration=0.2,duration-p99=2",
];
(string Load, int RefillParallelism, int Concurrency)[] days =
[
    ("diurnal:rate=30,functions=10000,hours=24", 8, 1),
    ("diurnal:rate=100,functions=10000,hours=24", 8, 1),
    ("diurnal:rate=100,functions=10000,hours=24", 100, 1),
    ("diurnal:rate=100,functions=10000,hours=24", 100, 100),
    ("diurnal:rate=100,functions=10000,zipf=1.5,hours=24", 8, 1),
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
        Measure(source, candidate.Name, tried => tried.Count == 0 ? [candidate] : []);
    }
}

// As podpool tune does it: 8 refills at once unless it is told otherwise.
foreach (var (text, parallelism, concurrency) in days)
{
    var pool = new PoolSpec { Name = "default", Warm = 0, RefillPerSecond = 10, RefillBurst = 20, RefillParallelism = parallelism };
    var plan = new TunePlan([settings with { Pool = pool, Concurrency = concurrency }], null, [SizePolicy.Fixed, SizePolicy.Auto, SizePolicy.Scheduled], 0.01, int.MaxValue);
    Measure(new SyntheticLoad(SyntheticSpec.Parse(text)), $"all, {parallelism} refills at once" + (concurrency == 1 ? "" : $", {concurrency} requests an instance"), plan.Next);
}

if (args.Contains("--record"))
{
    provenance.Write(
        "tune-speed",
        "How fast the simulation of podpool tune is",
        "One processor: the load is made, read and simulated, with one candidate or with all that podpool tune tries for it; instances take one request at a time (--concurrency 1), which is the most work, unless a row says that they take the 100 that podpool tune assumes. Requests a second: of each candidate. Seconds of processor time; on a machine with others' work the wall clock says less. Where 8 refills at once are fewer than the claims of a day's peak no size is enough: that takes longest, as each claim waits.",
        ["load", "policy", "recommended", "candidates", "requests", "found an instance", "starts", "processor s", "wall s", "requests a second", "working set MB"],
        names: 3,
        all.Select(one => new[]
        {
            one.Load, one.Policy, one.Recommended ?? "none does", $"{one.Candidates}", $"{one.Requests}", Provenance.Show(one.Immediate * 100, "0.00") + " %", $"{one.Starts}", Provenance.Show(one.CpuSeconds), Provenance.Show(one.WallSeconds),
            Provenance.Show(one.PerSecond, "0"), Provenance.Show(one.WorkingSet, "0"),
        }),
        all);
}

void Measure(SyntheticLoad source, string policy, Func<IReadOnlyList<Outcome>, IReadOnlyList<Candidate>> next)
{
    var (before, began) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
    List<Outcome> outcomes = [];
    var requests = 0L;
    while (next(outcomes) is { Count: > 0 } candidates)
    {
        var result = Tuner.Run(source, candidates, new(0.25, 0.005), 1, null, CancellationToken.None);
        outcomes.AddRange(result.Outcomes);
        requests = result.Requests;
    }

    var (cpu, wall) = ((Environment.CpuUsage.TotalTime - before).TotalSeconds, Stopwatch.GetElapsedTime(began).TotalSeconds);
    var immediate = outcomes.Average(outcome => (double)outcome.Result.Immediate / outcome.Result.Requests);
    var starts = outcomes.Sum(outcome => outcome.Result.Starts) / outcomes.Count;
    all.Add(new(
        source.Description, policy, outcomes.Count, Outcome.Recommend(outcomes, 0.01)?.Candidate.Name, requests, immediate, starts, cpu, wall, requests * outcomes.Count / cpu, Environment.WorkingSet / 1e6));
    Console.WriteLine(all[^1]);
}

internal sealed record Measured(
    string Load, string Policy, int Candidates, string? Recommended, long Requests, double Immediate, long Starts, double CpuSeconds, double WallSeconds, double PerSecond, double WorkingSet);
