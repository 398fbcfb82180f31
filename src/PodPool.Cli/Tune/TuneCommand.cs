using System.Globalization;
using System.Runtime;
using Grpc.Core;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Manager.Kubernetes.Resources;
using PodPool.Simulation;

namespace PodPool.Cli.Tune;

/// <summary><c>podpool tune</c>: how large a pool must be for a load, and what that costs; tried with the very rules that run it.</summary>
internal sealed class TuneCommand : Verb
{
    public TuneCommand()
        : base("tune", "Find out how large a pool must be for a load, and what it costs: runs days of it in simulated time on the pool's own rules.")
    {
        Add(TuneOptions.Traces);
        foreach (var option in TuneOptions.All)
        {
            Add(option);
        }

        Add(CommonOptions.Server);
        ClusterOptions.AddTo(this);
    }

    private protected override async Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        var load = TuneOptions.LoadOf(context);
        var prices = TuneOptions.PricesOf(context);
        TuneOptions.PlanOf(context, SimulationSettings.AssumedRefill, null);
        using var server = NeedsServer(context) ? ServerConnection.Open(context.Arguments, context.Terminal) : null;
        var pool = server is null ? null : await AskAsync(server, context.Require(TuneOptions.Pool), cancellationToken).ConfigureAwait(false);
        var (refill, from) = RefillOf(context, pool);
        var plan = TuneOptions.PlanOf(context, refill, pool);
        if (pool is not null && context.Get(TuneOptions.Apply))
        {
            var possible = PoolChange.Possible(context, pool, plan.Policies);
            if (possible.Count < plan.Policies.Count)
            {
                context.Output.Note("Only fixed sizes are tried: a manager without a cluster can be told nothing else while it runs.");
            }

            plan = plan with { Policies = possible };
        }

        var tried = await TryAsync(context, load, plan, prices, cancellationToken).ConfigureAwait(false);

        var best = Outcome.Recommend(tried.Outcomes, plan.MissProbability);
        var verdict = best is null ? await WhatWouldDoAsync(context, load, plan, prices, tried, cancellationToken).ConfigureAwait(false) : Verdict(best, plan);
        var report = ReportOf(load, tried, plan, prices, from, best, verdict, pool);
        var change = best is not null && pool is not null && context.Get(TuneOptions.Apply) ? new PoolChange(context, server!, pool, best.Candidate) : null;

        // A person sees all of it before the question; a script gets one answer.
        var isScript = context.Output is JsonOutput;
        if (change is not null && isScript)
        {
            report = report with { Applied = await change.ApplyAsync(context.Get(TuneOptions.Yes), cancellationToken).ConfigureAwait(false) };
        }

        context.Output.Result(report, console => TuneTable.Write(console, report));
        if (change is not null && !isScript)
        {
            await change.ApplyAsync(context.Get(TuneOptions.Yes), cancellationToken).ConfigureAwait(false);
        }

        return best is not null ? ExitCode.Ok : ExitCode.Failed;
    }

    private static bool NeedsServer(VerbContext context) =>
        context.Get(TuneOptions.Apply) || context.Get(TuneOptions.Refill) == "measured"
        || context.Terminal.Environment(ServerAddress.Variable) is { Length: > 0 } || context.Terminal.Environment(ClusterOptions.ContextVariable) is { Length: > 0 }
        || context.Has(CommonOptions.Server) || context.Has(ClusterOptions.Context) || context.Has(ClusterOptions.KubeConfig) || context.Has(ClusterOptions.Installation);

    private static async Task<PoolFacts> AskAsync(ServerConnection server, string pool, CancellationToken cancellationToken)
    {
        try
        {
            return await PoolFacts.ReadAsync(server, pool, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw ServerFailure.Describe(exception, server.Cluster);
        }
    }

    private static (Spread Refill, string From) RefillOf(VerbContext context, PoolFacts? pool) => context.Get(TuneOptions.Refill) switch
    {
        null when pool?.Measured is { } measured => (measured, "measured"),
        null => (SimulationSettings.AssumedRefill, "assumed"),
        "measured" => (pool?.Measured ?? throw CliException.Failed(
            $"the pool '{pool?.Name}' has no refill times: only a pool that sizes itself measures them", "say how long they take with --refill MEDIAN,P99"), "measured"),
        var text => (TuneOptions.Read(() => Quantities.Spread(text, "--refill")), "as asked for"),
    };

    private static async Task<TuneResult> TryAsync(VerbContext context, ILoadSource load, TunePlan plan, Prices prices, CancellationToken cancellationToken)
    {
        var first = await RunAsync(context, "Trying sizes and policies", load, plan.Next([]), prices, cancellationToken).ConfigureAwait(false);
        List<Outcome> all = [.. first.Outcomes];
        while (plan.Next(all) is { Count: > 0 } next)
        {
            all.AddRange((await RunAsync(context, "Trying what these suggest", load, next, prices, cancellationToken).ConfigureAwait(false)).Outcomes);
        }

        // A timetable wants an automatic size to be made from; who asked for none is not shown it.
        var asked = all.Where(outcome => plan.Policies.Contains(outcome.Candidate.Policy));
        var order = asked.OrderBy(outcome => outcome.Candidate.Settings.IdleTimeout).ThenBy(outcome => outcome.Candidate.Settings.Concurrency).ThenBy(outcome => outcome.Candidate.Policy).ThenBy(outcome => outcome.Candidate.Warm);
        return first with { Outcomes = Outcome.MarkFront([.. order]) };
    }

    private static async Task<TuneResult> RunAsync(VerbContext context, string title, ILoadSource load, IReadOnlyList<Candidate> candidates, Prices prices, CancellationToken cancellationToken)
    {
        TuneResult? result = null;

        // Nobody waits for an answer meanwhile: a collection beside the work would only take its processor.
        GCSettings.LatencyMode = GCLatencyMode.Batch;
        var cores = context.Get(TuneOptions.Cores) is > 0 and var asked ? asked : Environment.ProcessorCount;
        try
        {
            await context.Output.ProgressAsync(
                string.Create(CultureInfo.InvariantCulture, $"{title}: {candidates.Count}"),
                100,
                report => Task.Run(
                    () =>
                    {
                        var told = 0.0;
                        result = Tuner.Run(
                            load,
                            candidates,
                            prices,
                            cores,
                            done =>
                            {
                                report((done - told) * 100);
                                told = done;
                            },
                            cancellationToken);
                    },
                    cancellationToken),
                "%").ConfigureAwait(false);
        }
        catch (TraceException exception)
        {
            throw CliException.Failed($"{load.Description}: {exception.Message}", exception.Message.Contains("nothing is counted", StringComparison.Ordinal) ? "lower --warm-up" : "");
        }

        return result!;
    }

    private static string Verdict(Outcome best, TunePlan plan)
    {
        var (settings, several) = (best.Candidate.Settings, plan.Settings.Count > 1);
        var with = several ? string.Create(CultureInfo.InvariantCulture, $", with instances that end after {settings.IdleTimeout.TotalSeconds:0.###} s and take {settings.Concurrency} requests at once (which functions say)") : "";
        var few = Evidence.ClaimsFor(plan.MissProbability) is var enough && best.Result.Wanted < enough
            ? string.Create(CultureInfo.InvariantCulture, $" But there were only {best.Result.Wanted:#,0} claims: it takes {enough:#,0} to tell {plan.MissProbability * 100:0.####} % from nothing. Give it a longer load.")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"recommended: {best.Candidate.Name}{with}: the cheapest of those that miss no more than {plan.MissProbability * 100:0.####} % of claims; {best.Result.MissRate * 100:0.00} % missed, {best.Result.WarmPodHours / best.Result.Span.TotalHours:0.0} warm pods on average.{few}");
    }

    /// <summary>Nothing that may be does: says whether more would.</summary>
    private static async Task<string> WhatWouldDoAsync(VerbContext context, ILoadSource load, TunePlan plan, Prices prices, TuneResult tried, CancellationToken cancellationToken)
    {
        var least = tried.Outcomes.MinBy(outcome => (outcome.Result.MissRate, outcome.Result.Refused))!;
        if (tried.Outcomes.FirstOrDefault(outcome => !outcome.Lasts) is { } usedUp)
        {
            return $"no number of warm pods lasts: {Rates(usedUp)}";
        }

        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"none of these misses no more than {plan.MissProbability * 100:0.####} % of claims without refusing any: the best is {least.Candidate.Name} with {least.Result.MissRate * 100:0.00} % and {least.Result.Refused} refused. ");
        List<Outcome> all = [.. tried.Outcomes];
        while (plan.Beyond(all) is { Count: > 0 } beyond)
        {
            all.AddRange((await RunAsync(context, "Nothing does; looking for what would", load, beyond, prices, cancellationToken).ConfigureAwait(false)).Outcomes);
        }

        if (Outcome.Recommend(all, plan.MissProbability) is { } more)
        {
            return text + string.Create(CultureInfo.InvariantCulture, $"It would take up to {more.Candidate.Warm} warm pods ({more.Result.MissRate * 100:0.00} %).");
        }

        return text + string.Create(CultureInfo.InvariantCulture, $"{all.Max(outcome => outcome.Candidate.Warm)} warm pods would not do either: {Rates(least)}");
    }

    private static string Rates(Outcome outcome) => string.Create(
        CultureInfo.InvariantCulture,
        $"{outcome.Result.Demand:0.00} claims a second came on average, and no more than {outcome.Candidate.Settings.MostRefills:0.00} refills a second may begin. Faster refills, a longer idle timeout or more concurrency would help.");

    private static TuneReport ReportOf(ILoadSource load, TuneResult tried, TunePlan plan, Prices prices, string from, Outcome? best, string verdict, PoolFacts? pool)
    {
        var settings = plan.Settings[0];
        return new(
            load.Description,
            tried.Requests,
            tried.Functions,
            tried.Repairs,
            tried.LongestGap.Length.TotalSeconds,
            new(
                [settings.Refill.Median.TotalSeconds, settings.Refill.P99.TotalSeconds],
                from,
                settings.RefillSlowdown,
                [settings.Start.Median.TotalSeconds, settings.Start.P99.TotalSeconds],
                [.. plan.Settings.Select(each => each.IdleTimeout.TotalSeconds).Distinct()],
                [.. plan.Settings.Select(each => each.Concurrency).Distinct()],
                settings.WarmUp.TotalSeconds,
                plan.MissProbability,
                prices.PodMemory,
                prices.GibHour,
                settings.Pool.RefillParallelism,
                settings.Pool.RefillPerSecond,
                settings.Seed),
            [.. tried.Outcomes.Select(TuneRow.Of)],
            best?.Candidate.Name,
            verdict,
            best is null ? null : PoolSizeText.Yaml(settings.Pool.Name, pool?.Object?.Metadata.NamespaceProperty, best.Candidate, pool?.Size),
            Applied: false);
    }
}
