using PodPool.Simulation;

namespace PodPool.Manager.WebConsole.Advice;

/// <summary>
/// Tries a pool's own claims on sizes, as <c>podpool tune</c> tries a trace: a few and the automatic size, then those that lead to the smallest that
/// does. It is bounded: no more claims than are remembered (<see cref="Pools.ClaimTrace.Capacity"/>), on 16 sizes at most, on one processor.
/// </summary>
internal static class Advisor
{
    /// <summary>A pod-hour is what it costs: sizes are compared by their pods alone.</summary>
    private static readonly Prices PodHours = new(PodMemory: 1, GibHour: 1);

    /// <summary>Reckons.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits for it any more.</exception>
    public static PoolAdvice Advise(AdviceCase asked, CancellationToken cancellationToken)
    {
        var told = Told(asked);
        if (!asked.IsEnough)
        {
            return told with { Why = AdviceText.TooLittle(asked) };
        }

        var tried = TryAll(asked, cancellationToken);
        var best = asked.RefillsAreTooSlow ? null : Outcome.Recommend(tried, asked.MissProbability);
        told = told with { Candidates = [.. tried.Select(CandidateRow.Of)], Why = best is null ? AdviceText.NothingDoes(asked, tried) : AdviceText.Why(asked, best) };
        return best is null ? told : told with { Recommended = best.Candidate.Name, Change = AdviceText.Change(asked, best.Candidate), How = AdviceText.How(asked) };
    }

    /// <summary>All that were tried, fixed sizes first.</summary>
    private static IReadOnlyList<Outcome> TryAll(AdviceCase asked, CancellationToken cancellationToken)
    {
        var (load, plan) = (asked.Load, asked.Plan);
        List<Outcome> tried = [];
        Try(plan.Next([]));

        // Where no size lasts there is none to be found.
        while (!asked.RefillsAreTooSlow && plan.Next(tried) is { Count: > 0 } next)
        {
            Try(next);
        }

        if (Present(asked, tried) is { } present)
        {
            Try([present]);
        }

        return Outcome.MarkFront([.. tried.OrderBy(outcome => outcome.Candidate.Policy).ThenBy(outcome => outcome.Candidate.Warm)]);

        void Try(IReadOnlyList<Candidate> candidates)
        {
            tried.AddRange(Tuner.Run(load, candidates, PodHours, cores: 1, progress: null, cancellationToken).Outcomes);
        }
    }

    /// <summary>What the pool has, if it is one number that was not tried: so that one sees what another would change.</summary>
    private static Candidate? Present(AdviceCase asked, List<Outcome> others)
    {
        var present = Candidate.OfSize(asked.Settings, asked.Spec.Warm);
        return asked.Spec.Auto is null && others.TrueForAll(other => other.Candidate.Name != present.Name) ? present : null;
    }

    private static PoolAdvice Told(AdviceCase asked) => new()
    {
        Pool = asked.Pool,
        At = (asked.Claims.Begin + asked.Claims.Length).ToUnixTimeMilliseconds(),
        Claims = asked.Claims.Ticks.Count,
        Span = asked.Claims.Length.TotalMilliseconds,
        MissProbability = asked.MissProbability,
        RefillP50 = asked.Refills.Times.Median.TotalMilliseconds,
        RefillP99 = asked.Refills.Times.P99.TotalMilliseconds,
        RefillsMeasured = asked.Refills.AreMeasured,
        Why = "",
    };
}
