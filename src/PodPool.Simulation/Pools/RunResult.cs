namespace PodPool.Simulation;

/// <summary>What a load met in a pool.</summary>
public sealed record RunResult
{
    /// <summary>All requests: those that found an instance with room, those that were held and then served, and those that were refused.</summary>
    public required long Requests { get; init; }

    /// <summary>Found an instance with room.</summary>
    public required long Immediate { get; init; }

    /// <summary>Held until there was one.</summary>
    public required long Held { get; init; }

    /// <summary>Refused at their deadline.</summary>
    public required long Refused { get; init; }

    /// <summary>Pods that were claimed: instances that started.</summary>
    public required long Starts { get; init; }

    /// <summary>Claims that found a warm pod.</summary>
    public required long Hits { get; init; }

    /// <summary>
    /// Claims that were wanted and found no warm pod, by the pool's own count: those too for which one was never taken, as an instance had room before.
    /// </summary>
    public required long Misses { get; init; }

    /// <summary>All claims that were wanted.</summary>
    public long Wanted => Hits + Misses;

    /// <summary>Of all claims that were wanted, the share that missed; 0: none was.</summary>
    public double MissRate => Misses == 0 ? 0 : (double)Misses / Wanted;

    /// <summary>Claims that were wanted, a second.</summary>
    public double Demand => Wanted / Span.TotalSeconds;

    /// <summary>How long requests were held, the median, of those that were.</summary>
    public required TimeSpan StartP50 { get; init; }

    public required TimeSpan StartP99 { get; init; }

    public required TimeSpan StartP999 { get; init; }

    /// <summary>Generic pods that were warm, and waited for a claim.</summary>
    public required double WarmPodHours { get; init; }

    /// <summary>Pods on their way to warm.</summary>
    public required double StartingPodHours { get; init; }

    /// <summary>Pods of functions, whether they work or not.</summary>
    public required double ServingPodHours { get; init; }

    /// <summary>What working would have taken of <see cref="ServingPodHours"/> if every instance had always been full.</summary>
    public required double BusyPodHours { get; init; }

    /// <summary>How long was counted.</summary>
    public required TimeSpan Span { get; init; }

    /// <summary>Warm pods the pool wanted to keep, by the hour of the day (UTC): the highest mean of an hour; not a number: there was none such.</summary>
    public required IReadOnlyList<double> TargetByHour { get; init; }

    /// <summary>The most warm pods that it wanted to keep.</summary>
    public required int MostWarm { get; init; }

    public double PodHours => WarmPodHours + StartingPodHours + ServingPodHours;
}
