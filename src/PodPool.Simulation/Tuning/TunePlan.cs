using PodPool.Core;

namespace PodPool.Simulation;

/// <summary>What is tried, in rounds: first a few sizes and one that sizes itself, then what they make worth trying.</summary>
/// <param name="Settings">One for each idle timeout and concurrency.</param>
/// <param name="Sizes">Fixed sizes; null: those that lead to the smallest that does.</param>
/// <param name="Policies">Who may say how many warm pods there are.</param>
/// <param name="MissProbability">The share of claims that may miss.</param>
/// <param name="Most">Warm pods at most.</param>
public sealed record TunePlan(IReadOnlyList<SimulationSettings> Settings, IReadOnlyList<int>? Sizes, IReadOnlyList<SizePolicy> Policies, double MissProbability, int Most)
{
    /// <summary>Warm pods of an automatic size at least. Default: 1.</summary>
    public int Least { get; init; } = 1;

    private SizeAuto Auto => new(MissProbability) { Min = Least, Max = Most };

    /// <summary>What is tried next.</summary>
    /// <param name="tried">What was tried; at first, nothing.</param>
    /// <returns>None: that was all.</returns>
    public IReadOnlyList<Candidate> Next(IReadOnlyList<Outcome> tried) => [.. Settings.SelectMany(settings => Next(settings, Own(settings, tried)))];

    /// <summary>Where nothing did: sizes beyond those that were asked for or may be, to say what would.</summary>
    /// <param name="tried">What was tried, of these sizes, too.</param>
    /// <returns>None: that was all.</returns>
    public IReadOnlyList<Candidate> Beyond(IReadOnlyList<Outcome> tried) =>
        [.. Settings.SelectMany(settings => Own(settings, tried) is var own && own.TrueForAll(outcome => outcome.Lasts) ? Sized(settings, SizeSearch.Next(FixedOnes(own), SizeSearch.Largest)) : [])];

    private static IEnumerable<Candidate> Sized(SimulationSettings settings, IReadOnlyList<int> sizes) => sizes.Select(size => Candidate.OfSize(settings, size));

    /// <summary>Candidates differ from their settings in the pool alone.</summary>
    private static List<Outcome> Own(SimulationSettings settings, IReadOnlyList<Outcome> tried) =>
        [.. tried.Where(outcome => outcome.Candidate.Settings with { Pool = settings.Pool } == settings)];

    private IEnumerable<Candidate> Next(SimulationSettings settings, List<Outcome> tried)
    {
        var isFirst = tried.Count == 0;
        var fixedSizes = !Policies.Contains(SizePolicy.Fixed) ? []
            : Sizes is null ? tried.TrueForAll(outcome => outcome.Lasts) ? SizeSearch.Next(FixedOnes(tried), Most) : []
            : isFirst ? Sizes.Where(size => size <= Most) : [];
        return [.. Sized(settings, [.. fixedSizes]), .. isFirst ? First(settings) : Then(settings, tried)];
    }

    /// <summary>A timetable is made from what a pool that sizes itself does; so that one is tried for it, too.</summary>
    private IEnumerable<Candidate> First(SimulationSettings settings) =>
        Policies.Any(policy => policy != SizePolicy.Fixed) ? [Candidate.OfAuto(settings, Auto)] : [];

    private IEnumerable<Candidate> Then(SimulationSettings settings, List<Outcome> tried)
    {
        if (!Policies.Contains(SizePolicy.Scheduled)
            || tried.Exists(outcome => outcome.Candidate.Policy == SizePolicy.Scheduled)
            || tried.Find(outcome => outcome.Candidate.Policy == SizePolicy.Auto) is not { } auto)
        {
            return [];
        }

        // Of hours that nobody saw it says nothing; who asks for nothing else gets the most for them.
        if (Policies.Count > 1 && auto.Result.TargetByHour.Any(double.IsNaN))
        {
            return [];
        }

        // One without an entry is a fixed size.
        var timetable = Timetable.Of(auto.Result.TargetByHour);
        return timetable.Schedules.Count > 0 || Policies.Count == 1 ? [Candidate.OfTimetable(settings, timetable)] : [];
    }

    private IEnumerable<TriedSize> FixedOnes(IEnumerable<Outcome> tried) =>
        tried.Where(outcome => outcome.Candidate.Policy == SizePolicy.Fixed).Select(outcome => new TriedSize(outcome.Candidate.Warm, outcome.Meets(MissProbability), outcome.Result.MissRate));
}
