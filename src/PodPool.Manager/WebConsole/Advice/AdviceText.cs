using System.Globalization;
using PodPool.Core;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Simulation;

namespace PodPool.Manager.WebConsole.Advice;

/// <summary>Advice in words, and as what a person would write to follow it.</summary>
internal static class AdviceText
{
    public static string TooLittle(AdviceCase asked) => asked.Claims.Ticks.Count == 0
        ? "Nothing can be said yet: nobody has wanted a pod of this pool since this manager leads, or for a day."
        : Text(
            $"Nothing can be said yet: {Counted(asked)} {(asked.Claims.Ticks.Count == 1 ? "is" : "are")} too little. It takes {AdviceCase.LeastClaims} claims, over {AdviceCase.LeastTime.TotalMinutes} min at least.");

    public static string Why(AdviceCase asked, Outcome best)
    {
        var result = best.Result;
        return Text(
            $"Recommended is {best.Candidate.Name}: of those that miss no more than {Percent(asked.MissProbability)} of claims it takes the fewest pods; {Percent(result.MissRate)} missed, and {result.WarmPodHours / result.Span.TotalHours:0.0} pods were warm on average. ")
            + (IsPresent(asked, best.Candidate) ? "The pool is kept so already. " : "") + TriedOn(asked);
    }

    public static string NothingDoes(AdviceCase asked, IReadOnlyList<Outcome> tried)
    {
        var least = tried.MinBy(outcome => (outcome.Result.MissRate, outcome.Result.Refused))!;
        var text = asked.RefillsAreTooSlow
            ? "No number of warm pods would last. "
            : Text($"None of these misses no more than {Percent(asked.MissProbability)} of claims and refuses nobody: the best is {least.Candidate.Name}, of which {Percent(least.Result.MissRate)} missed. ");
        return text + Text($"{asked.Demand:0.00} claims a second came on average, and no more than {asked.MostRefills:0.00} refills a second may begin. ") + TriedOn(asked);
    }

    /// <summary>What a person would write: of an object of a cluster its YAML, else a command.</summary>
    public static string Change(AdviceCase asked, Candidate candidate) => asked.Object is { } pool
        ? PoolSizeText.Yaml(pool.Name, pool.Namespace, candidate, PoolSizeText.SizeOf(asked.Spec))
        : candidate.Policy == SizePolicy.Auto ? Text($"podpool local --miss-probability {candidate.Settings.Pool.Auto!.MissProbability}\n")
        : asked.Spec.Auto is not null ? Text($"podpool local --warm {candidate.Warm}\n")
        : Text($"podpool pool resize {asked.Pool} --warm {candidate.Warm}\n");

    public static string How(AdviceCase asked) => asked.Object is { } pool
        ? $"Nothing is changed from here. Write it into the file that you kubectl apply, or into one of its own: kubectl patch runtimepool {pool.Name} -n {pool.Namespace} --type merge --patch-file FILE. For another load, podpool tune TRACE --pool {pool.Name} --apply does the same."
        : "Nothing is changed from here: run it where you run podpool. A pool of processes has no object; podpool tune TRACE --policies fixed --apply resizes it by another load.";

    private static string TriedOn(AdviceCase asked)
    {
        var (spec, refill, start) = (asked.Spec, asked.Refills, asked.Starts);
        var text = Text($"Tried on {Counted(asked)}, with refills that take {Seconds(refill.Times.Median)} at the median and {Seconds(refill.Times.P99)} at p99 ")
            + Text($"{From(refill)}, and starts that take {Seconds(start.Times.Median)} and {Seconds(start.Times.P99)} {From(start)}.");
        if (Evidence.ClaimsFor(asked.MissProbability) is var enough && asked.Claims.Ticks.Count < enough)
        {
            text += Text($" That is few for {Percent(asked.MissProbability)}: ask again when there are {enough:#,0}.");
        }

        if (spec.Max != int.MaxValue)
        {
            text += Text($" That the pool may have {spec.Max} pods in all was not tried: instances count, too.");
        }

        return spec.Reserve.Count == 0 ? text : text + " What is kept for named functions comes on top.";
    }

    private static bool IsPresent(AdviceCase asked, Candidate candidate)
    {
        var (now, then) = (asked.Spec, candidate.Settings.Pool);
        return now.Schedules.Count == 0 && (then.Auto is null ? now.Auto is null && now.Warm == then.Warm : now.Auto == then.Auto);
    }

    private static string Counted(AdviceCase asked)
    {
        var (claims, span) = (asked.Claims.Ticks.Count, asked.Claims.Length);
        return Text($"{claims:#,0} {(claims == 1 ? "claim" : "claims")} of the last {(span.TotalMinutes < 120 ? Text($"{span.TotalMinutes:0.#} min") : Text($"{span.TotalHours:0.#} h"))}");
    }

    private static string From(SeenTimes times) => times.AreMeasured ? "(measured)" : "(assumed: none was seen)";

    private static string Percent(double share) => Text($"{share * 100:0.##} %");

    private static string Seconds(TimeSpan time) => time < TimeSpan.FromSeconds(1) ? Text($"{time.TotalMilliseconds:0} ms") : Text($"{time.TotalSeconds:0.0} s");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
