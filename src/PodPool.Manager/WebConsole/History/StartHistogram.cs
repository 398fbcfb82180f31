using PodPool.Contracts;

namespace PodPool.Manager.WebConsole.History;

/// <summary>How many starts took how long, by phase. Recording takes no lock.</summary>
/// <param name="boundaries">Upper ends of the buckets in seconds, ascending; what is above the last is counted too.</param>
internal sealed class StartHistogram(IReadOnlyList<double> boundaries)
{
    /// <summary>In the order in which they happen, and all of them together.</summary>
    public static readonly IReadOnlyList<string> Phases = [PhaseNames.Claim, PhaseNames.Transfer, PhaseNames.Load, PhaseNames.Start, PhaseNames.Total];

    private readonly double[] _boundaries = [.. boundaries];
    private readonly long[][] _counts = [.. Phases.Select(_ => new long[boundaries.Count + 1])];

    /// <summary>Counts a duration; one of a phase that is not shown is not counted.</summary>
    /// <param name="phase">One of <see cref="Phases"/>.</param>
    /// <param name="seconds">What it took.</param>
    public void Record(string? phase, double seconds)
    {
        for (var i = 0; i < Phases.Count; i++)
        {
            if (Phases[i] == phase)
            {
                // A bucket has its upper end, as in the metrics.
                var found = Array.BinarySearch(_boundaries, seconds);
                Interlocked.Increment(ref _counts[i][found < 0 ? ~found : found]);
                return;
            }
        }
    }

    /// <summary>The counts now, a row for each phase.</summary>
    public long[][] Read() => [.. _counts.Select(phase => phase.Select((_, bucket) => Interlocked.Read(ref phase[bucket])).ToArray())];
}
