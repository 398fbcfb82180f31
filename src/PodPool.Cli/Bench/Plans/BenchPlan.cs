namespace PodPool.Cli.Bench.Plans;

/// <summary>A scenario: what is called how, in which order, and what must come of it.</summary>
/// <param name="Name">In reports.</param>
/// <param name="Functions">What is called.</param>
/// <param name="Stages">One after the other.</param>
/// <param name="Rounds">How often all stages are gone through; stages take turns, so that what else the machine does hits them alike.</param>
/// <param name="Pool">For which pools it is made.</param>
/// <param name="Assertions">What must hold.</param>
internal sealed record BenchPlan(
    string Name,
    IReadOnlyList<PlanFunction> Functions,
    IReadOnlyList<PlanStage> Stages,
    int Rounds,
    PoolBounds Pool,
    IReadOnlyList<PlanAssertion> Assertions)
{
    /// <summary>Who calls, and in which stage.</summary>
    public IEnumerable<(PlanStage Stage, PlanLoad Load)> Loads => Stages.SelectMany(stage => stage.Loads.Select(load => (stage, load)));

    /// <summary>How a load is called in reports and assertions: its own name; if another stage has one of that name, its stage's before it.</summary>
    public string ModeOf(PlanStage stage, PlanLoad load)
        => Stages.Count(other => other.Loads.Any(named => named.Name == load.Name)) == 1 ? load.Name : $"{stage.Name}.{load.Name}";

    /// <summary>The loads whose requests are all warm-up, in rounds and durations as they are: of those nothing is measured.</summary>
    public IEnumerable<(PlanStage Stage, PlanLoad Load)> Unmeasured
        => Loads.Where(one => one.Load.Warmup > 0 && RequestsOf(one.Stage, one.Load) <= one.Load.Warmup);

    /// <summary>About how many requests a load makes in all rounds.</summary>
    public double RequestsOf(PlanStage stage, PlanLoad load) => Rounds * LoadSchedule.Expected(load.Arrivals, stage.Duration);

    /// <summary>Without the warm-up of some loads: all of their requests are measured.</summary>
    public BenchPlan WithoutWarmup(IReadOnlyCollection<(PlanStage Stage, PlanLoad Load)> loads) => this with
    {
        Stages = [.. Stages.Select(stage => stage with { Loads = [.. stage.Loads.Select(load => loads.Contains((stage, load)) ? load with { Warmup = 0 } : load)] })],
    };

    /// <summary>With other numbers than it is written with.</summary>
    /// <param name="duration">Of each stage; null: as written.</param>
    /// <param name="rounds">Null: as written.</param>
    public BenchPlan With(TimeSpan? duration, int? rounds) => this with
    {
        Rounds = rounds ?? Rounds,
        Stages = [.. Stages.Select(stage => stage with { Duration = duration ?? stage.Duration })],
    };
}

/// <summary>Warm pods that a scenario needs; 0 and <see cref="int.MaxValue"/>: any.</summary>
internal sealed record PoolBounds(int AtLeast, int AtMost)
{
    public static PoolBounds Any { get; } = new(0, int.MaxValue);
}

/// <summary>A function under one or more names.</summary>
/// <param name="Name">In the scenario.</param>
/// <param name="Request">What is deployed, and sent to it.</param>
/// <param name="Copies">Under how many names it is deployed: they take turns at being cold.</param>
/// <param name="Urls">It is there already, at these addresses, and is not deployed; empty: it is.</param>
/// <param name="ForceCold">A shell command that makes what is there already cold; null: there is none.</param>
internal sealed record PlanFunction(string Name, BenchScenario Request, int Copies, IReadOnlyList<Uri> Urls, string? ForceCold)
{
    public bool IsDeployed => Urls.Count == 0;
}

/// <summary>Loads at the same time.</summary>
/// <param name="Name">In reports.</param>
/// <param name="Duration">Of arrivals that have a rate, and of bursts that come again.</param>
/// <param name="Fresh">Whether it begins with no instance and a full pool.</param>
/// <param name="Loads">Who calls.</param>
/// <param name="Updates">Functions that get a new revision meanwhile, and how often.</param>
internal sealed record PlanStage(
    string Name, TimeSpan Duration, bool Fresh, IReadOnlyList<PlanLoad> Loads, IReadOnlyDictionary<string, TimeSpan> Updates);

/// <summary>Requests of one kind.</summary>
/// <param name="Name">In reports.</param>
/// <param name="Arrivals">When they come.</param>
/// <param name="Mix">Which functions they go to, and how many of them in proportion.</param>
/// <param name="Cold">Whether each is a first request: what was called is made cold again after its answer.</param>
/// <param name="Warmup">Requests at the begin that are in no figure.</param>
internal sealed record PlanLoad(string Name, PlanArrivals Arrivals, IReadOnlyDictionary<string, double> Mix, bool Cold, int Warmup);

/// <summary>When requests come.</summary>
/// <param name="Kind">In which way.</param>
/// <param name="Rate">A second, in the mean; of Poisson and constant arrivals.</param>
/// <param name="Size">At once; of bursts.</param>
/// <param name="Every">From one burst to the next; null: there is one.</param>
/// <param name="Count">Of requests one at a time.</param>
/// <param name="Begin">After the stage's begin.</param>
internal sealed record PlanArrivals(PlanArrivalKind Kind, double Rate = 0, int Size = 0, TimeSpan? Every = null, int Count = 0, TimeSpan Begin = default);

/// <summary>In which way requests come.</summary>
internal enum PlanArrivalKind
{
    /// <summary>At random, independent of each other.</summary>
    Poisson,

    /// <summary>At equal distances.</summary>
    Constant,

    /// <summary>Many at the same moment.</summary>
    Burst,

    /// <summary>The next one when the one before is answered, its function cold and the pool full and quiet: not an open loop, and no other load beside it.</summary>
    OneAtATime,
}
