using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PodPool.Cli.CommandLine;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Simulation;

namespace PodPool.Cli.Tune;

/// <summary>The options of <c>podpool tune</c>.</summary>
internal static class TuneOptions
{
    private const double DefaultMissProbability = 0.01;

    public static readonly Argument<string[]> Traces = new("TRACE") { Description = "a file; of azure2019 also several, one a day", Arity = ArgumentArity.ZeroOrMore };

    public static readonly Option<string?> Synthetic = Text("--synthetic", "SPEC", "a made-up load instead: poisson, bursts, diurnal or heavy-tailed, with e.g. :rate=5,functions=100,zipf=1,hours=24,burst=5,ratio=10,shape=2.5,duration=0.5,duration-p99=5,seed=1");

    public static readonly Option<Uri?> Prometheus = CheckedOptions.Url("--prometheus", "a Prometheus server instead: what it counted");

    public static readonly Option<string> Query = Text(
        "--query", "PROMQL", "with --prometheus: the requests of a minute by the label function; the default are those that routers forwarded", Simulation.Prometheus.ForwardedRequests);

    public static readonly Option<double> Hours = new Option<double>("--hours")
    {
        Description = "with --prometheus: so much until now", HelpName = "N", DefaultValueFactory = _ => 24,
    }.Within(0.1, 24 * 366);

    public static readonly Option<string?> Format = Text("--format", "NAME", $"what the trace is: {string.Join(", ", TraceFormat.All)} [default: by its columns]");

    public static readonly Option<string?> Refill = Text("--refill", "MEDIAN,P99", "how long a pod takes to become warm, or `measured`: asked of the pool [default: measured if a manager or cluster is named, else 2s,8s]");

    public static readonly Option<double> RefillSlowdown = new Option<double>("--refill-slowdown")
    {
        Description = "so much longer a refill takes, as a share, for each other that is under way: where pods that start share processors", HelpName = "SHARE", DefaultValueFactory = _ => 0,
    }.Within(0, 10);

    public static readonly Option<string> Start = Text("--start", "MEDIAN,P99", "how long a claim takes until the request is served", "20ms,60ms");

    public static readonly Option<string> Duration = Text("--duration", "MEDIAN,P99", "how long requests take, where the trace does not say", "500ms,5s");

    public static readonly Option<string?> Sizes = Text("--sizes", "LIST", "fixed sizes to try, like 1..32 or 2,4,8 [default: those that lead to the smallest that does, within a tenth]");

    public static readonly Option<string> Policies = Text("--policies", "LIST", "who says how many warm pods there are: fixed, auto, scheduled", "fixed,auto,scheduled");

    public static readonly Option<double> MissProbability = new Option<double>("--miss-probability")
    {
        Description = "the share of claims that may find no warm pod [default: what spec.size.auto of the pool says, else 0.01]", HelpName = "P",
    }.Within(0.000001, 0.999999);

    public static readonly Option<string> IdleTimeout = Text("--idle-timeout", "LIST", "when an idle instance ends; several are tried each", "5m");

    public static readonly Option<string> Concurrency = Text("--concurrency", "LIST", "requests at once per instance, as functions say; several are tried each", "100");

    public static readonly Option<int> RefillParallelism = new Option<int>("--refill-parallelism")
    {
        Description = "pods that may be starting at once [default: as the pool, else 8]", HelpName = "N",
    }.Within(1, 100_000);

    public static readonly Option<int> Max = new Option<int>("--max") { Description = "warm pods at most; 0: no limit [default: what spec.size.auto of the pool says, else 0]", HelpName = "N" }.Within(0, 1_000_000);

    public static readonly Option<string> PodMemory = Text("--pod-memory", "AMOUNT", "memory of a pod", "256Mi");

    public static readonly Option<double> MemoryPrice = new Option<double>("--memory-price")
    {
        Description = "what a GiB costs for an hour, in any currency", HelpName = "PRICE", DefaultValueFactory = _ => 0.005,
    }.Within(0, 1_000_000);

    public static readonly Option<string> WarmUp = Text("--warm-up", "TIME", "so much of the load comes before anything is counted", "30m");

    public static readonly Option<long> Seed = new Option<long>("--seed") { Description = "of all that is drawn", HelpName = "N", DefaultValueFactory = _ => 1 }.Within(0, long.MaxValue);

    public static readonly Option<int> Cores = new Option<int>("--cores") { Description = "candidates tried at once [default: one a processor]", HelpName = "N" }.Within(1, 1024);

    public static readonly Option<string> Pool = Text("--pool", "NAME", "the pool to be tuned", "default");

    public static readonly Option<bool> Apply = new("--apply") { Description = "show what would be other in the pool, ask, and change it" };

    public static readonly Option<bool> Yes = new("--yes", "-y") { Description = "with --apply: do not ask" };

    public static IEnumerable<Option> All =>
    [
        Synthetic, Prometheus, Query, Hours, Format, Refill, RefillSlowdown, Start, Duration, Sizes, Policies, MissProbability, IdleTimeout, Concurrency, RefillParallelism, Max, PodMemory, MemoryPrice, WarmUp, Seed, Cores, Pool, Apply, Yes,
    ];

    /// <summary>What is written there, read.</summary>
    /// <exception cref="CliException">It cannot be; the message says what would be right.</exception>
    public static T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (FormatException exception)
        {
            throw CliException.Usage(exception.Message);
        }
        catch (TraceException exception)
        {
            throw CliException.Usage(exception.Message, "see `podpool tune --help` for the formats");
        }
    }

    /// <summary>The load that is meant.</summary>
    public static ILoadSource LoadOf(VerbContext context)
    {
        var traces = context.Get(Traces) ?? [];
        var seed = (ulong)context.Get(Seed);
        var (made, server) = (context.Get(Synthetic), context.Get(Prometheus));
        if ((traces.Length > 0 ? 1 : 0) + (made is null ? 0 : 1) + (server is null ? 0 : 1) > 1)
        {
            throw CliException.Usage("name one load: a TRACE, --synthetic or --prometheus");
        }

        Option? lost = server is null ? FirstOf(Query, Hours) : FirstOf(Format);
        if (made is not null)
        {
            lost ??= FirstOf(Duration, Format);
        }

        if (lost is not null)
        {
            throw CliException.Usage($"{lost.Name} says nothing of this load", made is not null ? "what a made-up load is like stands in --synthetic: e.g. poisson:rate=5,hours=24,duration=0.5" : "see `podpool tune --help`");
        }

        if (made is not null)
        {
            return new SyntheticLoad(Read(() => SyntheticSpec.Parse(made, seed)));
        }

        var duration = Read(() => Quantities.Spread(context.Require(Duration), "--duration"));
        if (server is not null)
        {
            var minutes = (int)Math.Ceiling(context.Require(Hours) * 60);
            var now = context.Terminal.Time.GetUtcNow();
            return new Simulation.Prometheus(server, context.Require(Query), new DateTimeOffset(now.UtcTicks - now.UtcTicks % TimeSpan.TicksPerMinute, TimeSpan.Zero).AddMinutes(-minutes), minutes, duration, seed);
        }

        if (traces.Length == 0)
        {
            throw CliException.Usage("name a TRACE, or make a load up with --synthetic", "e.g. podpool tune --synthetic diurnal:rate=5");
        }

        return Read(() => TraceFormat.Open(context.Get(Format) ?? TraceFormat.Of(traces[0]), traces, duration, seed));

        Option? FirstOf(params Option[] options) => Array.Find(options, context.Has);
    }

    public static Prices PricesOf(VerbContext context) => new(Read(() => ByteQuantity.Parse(context.Require(PodMemory), "--pod-memory")) / (double)(1 << 30), context.Require(MemoryPrice));

    /// <summary>What is to be tried.</summary>
    public static TunePlan PlanOf(VerbContext context, Spread refill, PoolFacts? pool) => Read(() =>
    {
        // What a person wrote for the pool holds unless it is asked for otherwise.
        var auto = pool?.Object?.Spec.Size.Auto;
        var most = context.Has(Max) ? context.Get(Max) : auto?.Max ?? 0;
        var max = most > 0 ? most : int.MaxValue;
        var sizes = context.Get(Sizes) is { } list ? Quantities.Numbers(list, "--sizes", 0) : null;
        if (sizes?.FirstOrDefault(size => size > max) is > 0 and var beyond)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"--sizes has {beyond}, and there may be {max} warm pods at most"));
        }

        var rates = pool?.Refill ?? new();
        var settings = new SimulationSettings
        {
            Pool = new PoolSpec
            {
                Name = pool?.Name ?? context.Require(Pool),
                Warm = 0,
                Max = pool is { Max: > 0 } ? pool.Max : int.MaxValue,
                RefillPerSecond = rates.PerSecond,
                RefillBurst = rates.Burst,
                RefillParallelismWhileWarm = pool?.WhileWarm ?? int.MaxValue,
                RefillYield = pool?.Yield ?? PoolFacts.YieldOnClusters,
                RefillParallelism = context.Get(RefillParallelism) is > 0 and var at ? at : rates.Parallelism,
            },
            Refill = refill,
            RefillSlowdown = context.Get(RefillSlowdown),
            Start = Quantities.Spread(context.Require(Start), "--start"),
            WarmUp = Quantities.Time(context.Require(WarmUp), "--warm-up"),
            Seed = (ulong)context.Get(Seed),
        };
        return new TunePlan(
            [
                .. context.Require(IdleTimeout).Split(',', StringSplitOptions.TrimEntries).Select(text => Quantities.Time(text, "--idle-timeout")).Distinct()
                    .SelectMany(idle => Quantities.Numbers(context.Require(Concurrency), "--concurrency", 1).Select(concurrency => settings with { IdleTimeout = idle, Concurrency = concurrency })),
            ],
            sizes,
            [.. context.Require(Policies).Split(',', StringSplitOptions.TrimEntries).Select(Policy).Distinct()],
            context.Has(MissProbability) ? context.Get(MissProbability) : auto?.MissProbability ?? DefaultMissProbability,
            max) { Least = Math.Clamp(auto?.Min ?? 1, 0, max) };
    });

    private static SizePolicy Policy(string text) => text switch
    {
        "fixed" => SizePolicy.Fixed,
        "auto" => SizePolicy.Auto,
        "scheduled" => SizePolicy.Scheduled,
        _ => throw new FormatException($"--policies has '{text}'; there are fixed, auto and scheduled"),
    };

    private static Option<string?> Text(string name, string help, string description) => new(name) { Description = description, HelpName = help };

    private static Option<string> Text(string name, string help, string description, string value) =>
        new(name) { Description = description, HelpName = help, DefaultValueFactory = (ArgumentResult _) => value };
}
