using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;

namespace PodPool.Cli.Bench.Plans;

/// <summary>The options that say which scenarios are run, and on what.</summary>
internal static class PlanOptions
{
    private static readonly Option<string[]> Files = new("--file") { Description = "a scenario of yours, YAML", HelpName = "FILE", AllowMultipleArgumentsPerToken = true };

    private static readonly Option<string?> ShowOption = ShowBuiltIn();

    private static readonly Option<Uri[]> Targets = new("--target")
    {
        Description = "measure what is there at this address instead, PodPool or not; several where a load calls several functions",
        HelpName = "URL",
        CustomParser = ParseTargets,
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> ForceCold = new("--force-cold")
    {
        Description = "a shell command that ends every instance of --target before each first request, and returns when they are gone; PODPOOL_BENCH_URL says which",
        HelpName = "COMMAND",
    };

    private static readonly Option<double?> Duration = new Option<double?>("--duration")
    {
        Description = "of each stage of a load, instead of what the scenario says",
        HelpName = "SECONDS",
    }.Within(0.1, 604_800);

    private static readonly Option<int?> Rounds = new Option<int?>("--rounds")
    {
        Description = "how often a load's stages take turns, instead of what the scenario says",
        HelpName = "N",
    }.Within(1, 100_000);

    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])[Files, ShowOption, Duration, Rounds, Targets, ForceCold])
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (IsGiven(result, ForceCold) && !IsGiven(result, Targets))
            {
                result.AddError("--force-cold goes with --target.");
            }
        });
    }

    /// <summary>Whether there is a file or a target.</summary>
    public static bool AreAny(CommandResult result) => IsGiven(result, Files) || IsGiven(result, Targets);

    /// <summary>Whether a target is measured without a scenario: in the way that the other options say.</summary>
    public static bool IsTargetAlone(VerbContext context, IReadOnlyList<string> scenarios) => context.Has(Targets) && scenarios.Count == 0 && !context.Has(Files);

    /// <summary>The scenario that is to be shown only; null: none.</summary>
    public static string? Shown(VerbContext context) => context.Get(ShowOption);

    /// <summary>The scenarios that are named, in files, or made of a target alone; none: first requests to samples or a package are wanted.</summary>
    /// <param name="context">The options.</param>
    /// <param name="names">Of those that come with the program.</param>
    /// <param name="settings">For a target without a scenario.</param>
    /// <param name="path">Path and query of a request to a target.</param>
    /// <param name="body">JSON to POST to it; null: GET.</param>
    /// <exception cref="CliException">They cannot be run.</exception>
    public static IReadOnlyList<BenchPlan> Read(VerbContext context, IReadOnlyList<string> names, BenchSettings settings, string path, string? body)
    {
        List<BenchPlan> plans = [.. names.Select(BuiltInPlans.Read), .. (context.Get(Files) ?? []).Select(PlanFile.Read)];
        if (plans.GroupBy(plan => plan.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw CliException.Usage($"two scenarios are named '{twice.Key}'", "give one another `name`");
        }

        if (context.Get(Targets) is { Length: > 0 } targets)
        {
            var command = context.Get(ForceCold);
            var request = new BenchScenario("target", "", Path: path, Body: body);
            plans = plans.Count == 0
                ? [TargetPlans.Of(targets, command, request, settings)]
                : [.. plans.Select(plan => TargetPlans.Aim(plan, targets, command, request))];
        }

        var (seconds, rounds) = (context.Get(Duration), context.Get(Rounds));
        return plans.Count == 0 && (seconds ?? rounds) is not null
            ? throw CliException.Usage("--duration and --rounds are of loads", "name one with --scenario or --file; first requests have --count")
            : [.. plans.Select(plan => Measured(plan, plan.With(seconds is { } wanted ? TimeSpan.FromSeconds(wanted) : null, rounds), context.Output))];
    }

    /// <summary>A scenario of which each load has requests that are measured.</summary>
    /// <param name="written">As it is written.</param>
    /// <param name="asked">With the rounds and the duration of the command line.</param>
    /// <param name="output">Told of what is not warmed up.</param>
    /// <exception cref="CliException">It is written so that nothing of a load is measured.</exception>
    internal static BenchPlan Measured(BenchPlan written, BenchPlan asked, IOutput output)
    {
        (PlanStage Stage, PlanLoad Load)[] unmeasured = [.. asked.Unmeasured];
        if (unmeasured.Length == 0)
        {
            return asked;
        }

        HashSet<string> anyway = [.. written.Unmeasured.Select(one => written.ModeOf(one.Stage, one.Load))];
        if (unmeasured.FirstOrDefault(one => anyway.Contains(asked.ModeOf(one.Stage, one.Load))) is (var stage, { } load))
        {
            throw CliException.Usage(
                string.Create(CultureInfo.InvariantCulture, $"the scenario '{asked.Name}' measures nothing of '{asked.ModeOf(stage, load)}': all of its {asked.RequestsOf(stage, load):0.#} requests are warm-up (`warmup: {load.Warmup}`)"),
                "lower its `warmup`, or raise `rounds` (--rounds) or the duration (--duration)");
        }

        // Who asks for one round wants to see one, not the reason why there is none.
        output.Warn(string.Create(
            CultureInfo.InvariantCulture,
            $"{asked.Name}: nothing is warmed up for {string.Join(", ", unmeasured.Select(one => asked.ModeOf(one.Stage, one.Load)))}: in so few requests as --rounds and --duration leave, all would be warm-up; all are measured"));
        return asked.WithoutWarmup(unmeasured);
    }

    /// <summary>Warm pods for a platform of one's own that fits all scenarios, as near to the usual number as can be.</summary>
    public static int WarmFor(IReadOnlyList<BenchPlan> plans, int usual)
        => plans.Count == 0 ? usual : Math.Max(plans.Max(plan => plan.Pool.AtLeast), Math.Min(plans.Min(plan => plan.Pool.AtMost), usual));

    /// <summary>Its value is not asked for: one that is wrong is told by the parser.</summary>
    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static Option<string?> ShowBuiltIn()
    {
        var option = new Option<string?>("--show") { Description = "print a scenario that comes with the program, to begin one of your own with", HelpName = "NAME" };
        option.AcceptOnlyFromAmong([.. BuiltInPlans.Names]);
        return option;
    }

    private static Uri[] ParseTargets(ArgumentResult result)
    {
        List<Uri> targets = [];
        foreach (var token in result.Tokens)
        {
            if (Uri.TryCreate(token.Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            {
                targets.Add(url);
            }
            else
            {
                result.AddError($"--target is '{token.Value}'; it must be http://… or https://….");
            }
        }

        return [.. targets];
    }
}
