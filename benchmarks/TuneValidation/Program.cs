// Whether podpool tune tells the truth: loads on a real podpool local, and the same arrivals in simulated time with the refill and start times that were measured.
using System.Diagnostics;
using PodPool.Benchmarks;
using PodPool.Core;
using PodPool.Simulation;

const int Functions = 12;
const int Seconds = 240;
Load[] loads =
[
    new("independent, 1 warm", 1, 1, "poisson:rate=0.8,zipf=0"),
    new("independent, 2 warm", 2, 1, "poisson:rate=0.8,zipf=0"),
    new("independent, 4 warm", 4, 1, "poisson:rate=1.2,zipf=0"),
    new("batches of 3, 2 warm", 2, 1, "bursts:rate=0.8,burst=3,zipf=0"),
    new("heavy tail, 3 warm, 2 at once", 3, 2, "heavy-tailed:rate=1,shape=2,zipf=1"),
];
var provenance = Provenance.Read("TuneValidation", args);
var idle = TimeSpan.FromSeconds(2);
List<Compared> all = [];
foreach (var load in loads)
{
    var source = new SyntheticLoad(SyntheticSpec.Parse(FormattableString.Invariant($"{load.Spec},functions={Functions},hours={Seconds / 3600.0},duration=0.2,duration-p99=0.2,seed=5")));
    all.Add(await CompareAsync(load, source));
    Console.WriteLine(all[^1]);
}

string[][] rows =
[
    .. all.Select(one => new[]
    {
        one.Load, $"{one.Requests}", $"{one.Claims} / {one.PredictedClaims}", Provenance.Show(one.RefillP50, "0.00"), Provenance.Show(one.RefillP99, "0.00"), Provenance.Show(one.RefillSlowdown * 100, "0"),
        Provenance.Show(one.Missed * 100), Provenance.Show(one.PredictedMissed * 100), Provenance.Show(one.P50, "0"), Provenance.Show(one.PredictedP50, "0"), Provenance.Show(one.P99, "0"), Provenance.Show(one.PredictedP99, "0"),
    }),
];
string[] columns = ["load", "requests", "claims, measured / predicted", "refill p50 s", "p99 s", "% longer for each other", "misses per 100 claims", "predicted %", "start p50 ms", "predicted", "start p99 ms", "predicted"];
foreach (var row in rows.Prepend(columns))
{
    Console.WriteLine(string.Join(" | ", row));
}

if (args.Contains("--record"))
{
    provenance.Write(
        "tune-validation",
        "What podpool tune predicts, and what a real pool does",
        $"{Seconds} s of each load on `podpool local`, 12 functions that work for 0.2 s and end after 2 s of rest; and the same arrivals in simulated time, with the median and p99 of the refills of that run that were under way alone, how much longer others took, and the median and p99 of the starts of its claims that found a warm pod. A claim that was wanted and not taken, as an instance had room before, is a miss too.",
        columns, 1, rows, all);
}

async Task<Compared> CompareAsync(Load load, ILoadSource source)
{
    await using var platform = await LocalPlatform.StartAsync(load.Warm, Functions, load.Concurrency, idle);
    await platform.RestAsync(Functions);
    List<Arrival> arrivals = [];
    using (var stream = source.Open())
    {
        var part = new Arrival[1000];
        while (stream.Read(part) is > 0 and var count)
        {
            arrivals.AddRange(part.AsSpan(0, count));
        }
    }

    var before = await platform.PoolAsync();
    using var ending = new CancellationTokenSource();
    var watch = new RefillWatch(platform);
    var watching = watch.RunAsync(ending.Token);
    using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = platform.Router };
    var began = Stopwatch.GetTimestamp();
    var calls = new List<Task<(string Outcome, double Milliseconds)>>();
    foreach (var arrival in arrivals)
    {
        var wait = TimeSpan.FromTicks(arrival.At) - Stopwatch.GetElapsedTime(began);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, TimeProvider.System);
        }

        calls.Add(CallAsync(client, arrival));
    }

    var answers = await Task.WhenAll(calls);
    var after = await platform.PoolAsync();
    await ending.CancelAsync();
    await watching;

    var held = answers.Where(answer => answer.Outcome != "warm").Select(answer => answer.Milliseconds).Order().ToList();
    var pooled = answers.Where(answer => answer.Outcome == "pooled").Select(answer => answer.Milliseconds).Order().ToList();
    var (refills, slowdown) = (watch.Alone, watch.Slowdown);
    var processes = new PoolSpec
    {
        // As podpool local keeps its pool.
        Name = "default", Warm = load.Warm, RefillParallelism = Environment.ProcessorCount, RefillParallelismWhileWarm = Math.Max(1, Environment.ProcessorCount / 2), RefillYield = TimeSpan.FromMilliseconds(500),
    };
    var settings = new SimulationSettings
    {
        Pool = processes,
        Refill = new(TimeSpan.FromSeconds(At(refills, 0.5)), TimeSpan.FromSeconds(At(refills, 0.99))),
        RefillSlowdown = slowdown,
        Start = new(TimeSpan.FromMilliseconds(At(pooled, 0.5)), TimeSpan.FromMilliseconds(At(pooled, 0.99))),
        IdleTimeout = idle,
        Concurrency = load.Concurrency,
    };

    // What a run draws is one of many that could have been: the mean of twenty.
    var runs = Enumerable.Range(1, 20).Select(seed => Tuner.Run(source, [Candidate.OfSize(settings with { Seed = (ulong)seed }, load.Warm)], new(1, 1), 1, null, CancellationToken.None).Outcomes[0].Result).ToList();
    var claims = after.Claims - before.Claims;
    return new(
        load.Name, answers.Length, claims, Math.Round(runs.Average(run => run.Starts)), At(refills, 0.5), At(refills, 0.99), slowdown,
        (double)(after.Misses - before.Misses) / Math.Max(1, claims), runs.Average(run => (double)run.Misses / Math.Max(1, run.Starts)),
        At(held, 0.5), runs.Average(run => run.StartP50.TotalMilliseconds), At(held, 0.99), runs.Average(run => run.StartP99.TotalMilliseconds));
}

static async Task<(string Outcome, double Milliseconds)> CallAsync(HttpClient client, Arrival arrival)
{
    var began = Stopwatch.GetTimestamp();
    using var response = await client.GetAsync(new Uri($"/default/f{arrival.Function}?seconds=0.2", UriKind.Relative));
    var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds - 200;
    var outcome = response.Headers.TryGetValues("x-podpool-start", out var said) ? said.First() : "warm";
    return response.IsSuccessStatusCode ? (outcome, took) : throw new InvalidOperationException($"f{arrival.Function} answered {(int)response.StatusCode}");
}

static double At(IReadOnlyList<double> sorted, double share) => sorted.Count == 0 ? 0 : sorted[(int)Math.Min(sorted.Count - 1, Math.Floor(share * sorted.Count))];

internal sealed record Load(string Name, int Warm, int Concurrency, string Spec);

internal sealed record Compared(
    string Load, int Requests, long Claims, double PredictedClaims, double RefillP50, double RefillP99, double RefillSlowdown,
    double Missed, double PredictedMissed, double P50, double PredictedP50, double P99, double PredictedP99);
