using PodPool.Core;

namespace PodPool.Simulation;

/// <summary>What is tried, in which order: first a ladder of sizes, then what the first look makes worth trying.</summary>
/// <param name="Settings">One for each idle timeout and concurrency.</param>
/// <param name="Sizes">Fixed sizes; null: a ladder, and then every size at the step at which it begins to do.</param>
/// <param name="Policies">Who may say how many warm pods there are.</param>
/// <param name="MissProbability">The share of claims that may miss.</param>
/// <param name="Most">Warm pods at most.</param>
public sealed record TunePlan(IReadOnlyList<SimulationSettings> Settings, IReadOnlyList<int>? Sizes, IReadOnlyList<SizePolicy> Policies, double MissProbability, int Most)
{
    private static readonly int[] Ladder = [1, 2, 4, 8, 12, 16];

    /// <summary>Where the ladder ends too low.</summary>
    private static readonly int[] Longer = [20, 24, 28, 32];

    /// <summary>Warm pods of an automatic size at least. Default: 1.</summary>
    public int Least { get; init; } = 1;

    /// <summary>What is tried first. A timetable is made from what a pool that sizes itself does; so that one is tried for it too.</summary>
    public IReadOnlyList<Candidate> First() =>
    [
        .. Settings.SelectMany(settings => Policies.Contains(SizePolicy.Fixed) ? (Sizes ?? Ladder).Where(size => size <= Most).Select(size => Candidate.OfSize(settings, size)) : []),
        .. Settings.SelectMany(settings => Policies.Any(policy => policy != SizePolicy.Fixed) ? (Candidate[])[Candidate.OfAuto(settings, Auto)] : []),
    ];

    /// <summary>What is tried then: timetables, and the sizes between the last that does not do and the first that does.</summary>
    public IReadOnlyList<Candidate> Then(IReadOnlyList<Outcome> first)
    {
        List<Candidate> then = [];
        foreach (var settings in Settings)
        {
            // Candidates differ from their settings in the pool alone.
            var own = first.Where(outcome => outcome.Candidate.Settings with { Pool = settings.Pool } == settings).ToList();
            if (Sizes is null)
            {
                then.AddRange(Between(own).Select(size => Candidate.OfSize(settings, size)));
            }

            if (Policies.Contains(SizePolicy.Scheduled) && own.FirstOrDefault(outcome => outcome.Candidate.Policy == SizePolicy.Auto) is { } auto)
            {
                var timetable = Timetable.Of(auto.Result.TargetByHour);

                // One without an entry is a fixed size.
                if (timetable.Schedules.Count > 0 || Policies.Count == 1)
                {
                    then.Add(Candidate.OfTimetable(settings, timetable));
                }
            }
        }

        return then;
    }

    /// <summary>Where nothing did: sizes beyond those that may be, to say what would.</summary>
    public IReadOnlyList<Candidate> Beyond(IReadOnlyList<Outcome> tried)
    {
        var largest = tried.Select(outcome => outcome.Candidate.Warm).Append(1).Max();
        return [.. Settings.SelectMany(settings => ((int[])[2, 4, 8, 16]).Select(times => Candidate.OfSize(settings, largest * times)))];
    }

    private SizeAuto Auto => new(MissProbability) { Min = Least, Max = Most };

    private IEnumerable<int> Between(List<Outcome> own)
    {
        var sizes = own.Where(outcome => outcome.Candidate.Policy == SizePolicy.Fixed).OrderBy(outcome => outcome.Candidate.Warm).ToList();
        var does = sizes.FindIndex(outcome => outcome.Meets(MissProbability));
        return does < 0 ? Longer.Where(size => size <= Most && sizes.Count > 0) : does == 0 ? [] : Enumerable.Range(sizes[does - 1].Candidate.Warm + 1, sizes[does].Candidate.Warm - sizes[does - 1].Candidate.Warm - 1);
    }
}
