using PodPool.Simulation;

namespace PodPool.Manager.WebConsole.Advice;

/// <summary>How large a pool should be, by the claims that it had. Times are milliseconds; <see cref="At"/> counts from 1970.</summary>
internal sealed record PoolAdvice
{
    public required string Pool { get; init; }

    /// <summary>When it was reckoned.</summary>
    public required long At { get; init; }

    /// <summary>Claims that are known.</summary>
    public required int Claims { get; init; }

    /// <summary>How long ago the first of them came.</summary>
    public required double Span { get; init; }

    /// <summary>The share of claims that may miss.</summary>
    public required double MissProbability { get; init; }

    public required double RefillP50 { get; init; }

    public required double RefillP99 { get; init; }

    /// <summary>Whether refills were seen; if not, what they take is assumed.</summary>
    public required bool RefillsMeasured { get; init; }

    /// <summary>What was tried; nothing: too little is known.</summary>
    public IReadOnlyList<CandidateRow> Candidates { get; init; } = [];

    /// <summary>The name of the one that is recommended; null: none.</summary>
    public string? Recommended { get; init; }

    /// <summary>What is recommended and why, or why nothing is.</summary>
    public required string Why { get; init; }

    /// <summary>YAML of a RuntimePool, or a command; null: nothing is recommended.</summary>
    public string? Change { get; init; }

    /// <summary>What to do with <see cref="Change"/>.</summary>
    public string? How { get; init; }
}

/// <summary>One way to keep a pool, and what came of it.</summary>
/// <param name="Name">"fixed 4", "auto 0.01".</param>
/// <param name="MissRate">The share of claims that missed, 0 to 1.</param>
/// <param name="Refused">Requests that were held until their deadline in vain.</param>
/// <param name="StartP50">How long requests were held, the median, in milliseconds.</param>
/// <param name="StartP99">The 99th percentile.</param>
/// <param name="PodHoursADay">Warm pods and those on their way to warm. Instances are not in it: they are the same for each size.</param>
/// <param name="Front">Nothing else misses no more and takes no more pods.</param>
internal sealed record CandidateRow(string Name, double MissRate, long Refused, double StartP50, double StartP99, double PodHoursADay, bool Front)
{
    public static CandidateRow Of(Outcome outcome)
    {
        var result = outcome.Result;
        return new(
            outcome.Candidate.Name, result.MissRate, result.Refused, result.StartP50.TotalMilliseconds, result.StartP99.TotalMilliseconds,
            (result.WarmPodHours + result.StartingPodHours) / result.Span.TotalDays, outcome.OnFront);
    }
}
