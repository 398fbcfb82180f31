using PodPool.Cli.CommandLine;

namespace PodPool.Cli.Bench.Plans;

/// <summary>Scenarios over what is there already.</summary>
internal static class TargetPlans
{
    /// <summary>First requests and the next ones, as often and in the way that is asked for; without a command that makes it cold, only requests as they come.</summary>
    public static BenchPlan Of(IReadOnlyList<Uri> targets, string? forceCold, BenchScenario request, BenchSettings settings)
    {
        var function = new PlanFunction("target", request, Copies: 1, targets, forceCold);
        PlanLoad Load(string name, PlanArrivals arrivals, bool cold)
            => new(name, arrivals, new Dictionary<string, double> { ["target"] = 1 }, cold, settings.Warmup);
        PlanStage Stage(string name, PlanLoad load, TimeSpan duration = default, bool fresh = true)
            => new(name, duration, fresh, [load], new Dictionary<string, TimeSpan>());
        BenchPlan Plan(int rounds, params IReadOnlyList<PlanStage> stages) => new("target", [function], stages, rounds, PoolBounds.Any, []);

        var made = settings.Count + settings.Warmup;
        if (settings.Arrivals != ArrivalKind.OneAtATime)
        {
            var kind = settings.Arrivals == ArrivalKind.Poisson ? PlanArrivalKind.Poisson : PlanArrivalKind.Constant;
            var mode = forceCold is null ? BenchMode.Warm : BenchMode.First;
            return Plan(1, Stage(mode, Load(mode, new(kind, settings.Rate), forceCold is not null), TimeSpan.FromSeconds(made / settings.Rate)));
        }

        var next = Stage(BenchMode.Warm, Load(BenchMode.Warm, new(PlanArrivalKind.OneAtATime, Count: 1), cold: false), fresh: false);
        return forceCold is null
            ? Plan(made, next)
            : Plan(made, Stage(BenchMode.First, Load(BenchMode.First, new(PlanArrivalKind.OneAtATime, Count: 1), cold: true)), next);
    }

    /// <summary>A scenario whose functions are the targets, dealt out in turn.</summary>
    /// <exception cref="CliException">That cannot be.</exception>
    public static BenchPlan Aim(BenchPlan plan, IReadOnlyList<Uri> targets, string? forceCold, BenchScenario request)
    {
        if (plan.Stages.Any(stage => stage.Updates.Count > 0))
        {
            throw CliException.Usage($"the scenario '{plan.Name}' updates functions, and those of --target are not deployed by this program");
        }

        if (forceCold is null && plan.Loads.Any(one => one.Load.Cold))
        {
            throw CliException.Usage($"the scenario '{plan.Name}' makes first requests", "say with --force-cold what makes a target cold");
        }

        return targets.Count < plan.Functions.Count
            ? throw CliException.Usage(FormattableString.Invariant($"the scenario '{plan.Name}' calls {plan.Functions.Count} functions, and there are {targets.Count} targets"), "give --target once for each")
            : plan with
            {
                Pool = PoolBounds.Any,
                Functions =
                [
                    .. plan.Functions.Select((function, index) => new PlanFunction(
                        function.Name,
                        request with { Name = function.Name },
                        Copies: 1,
                        [.. targets.Where((_, place) => place % plan.Functions.Count == index)],
                        forceCold)),
                ],
            };
    }
}
