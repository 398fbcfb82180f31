namespace PodPool.Simulation;

/// <summary>What became of a candidate.</summary>
/// <param name="Candidate">What was tried.</param>
/// <param name="Result">What came of it.</param>
/// <param name="Memory">GiB on average.</param>
/// <param name="Cost">Of the whole load.</param>
public sealed record Outcome(Candidate Candidate, RunResult Result, double Memory, double Cost)
{
    /// <summary>No other candidate is as good at both misses and cost, and better at one.</summary>
    public bool OnFront { get; init; }

    /// <summary>Claims come no faster than refills may begin: else a pool is used up, however large, and what it held out was the end of the load.</summary>
    public bool Lasts => Result.Demand < Candidate.Settings.MostRefills;

    /// <summary>Whether it lasts, no more of its claims missed than may, and nobody was refused.</summary>
    public bool Meets(double missProbability) => Lasts && Result.MissRate <= missProbability && Result.Refused == 0;

    /// <summary>Marks those that are on the Pareto front.</summary>
    public static IReadOnlyList<Outcome> MarkFront(IReadOnlyList<Outcome> outcomes) =>
        [.. outcomes.Select(one => one with { OnFront = !outcomes.Any(other => other.Beats(one)) })];

    /// <summary>The cheapest of those that meet a miss probability; null: none does.</summary>
    public static Outcome? Recommend(IEnumerable<Outcome> outcomes, double missProbability) =>
        outcomes.Where(outcome => outcome.Meets(missProbability)).OrderBy(outcome => outcome.Cost).ThenBy(outcome => outcome.Result.PodHours).ThenBy(outcome => outcome.Result.MissRate).FirstOrDefault();

    private bool Beats(Outcome other)
    {
        var (miss, pods) = (Result.MissRate.CompareTo(other.Result.MissRate), Result.PodHours.CompareTo(other.Result.PodHours));
        return miss <= 0 && pods <= 0 && (miss < 0 || pods < 0);
    }
}
