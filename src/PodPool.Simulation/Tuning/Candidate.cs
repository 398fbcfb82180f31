using PodPool.Core;

namespace PodPool.Simulation;

/// <summary>Who says how many warm pods there are.</summary>
public enum SizePolicy
{
    /// <summary>One number.</summary>
    Fixed,

    /// <summary>The pool itself, from what it saw.</summary>
    Auto,

    /// <summary>A timetable of the day.</summary>
    Scheduled,
}

/// <summary>One way to keep the pool, to be tried.</summary>
/// <param name="Policy">Who says how many warm pods there are.</param>
/// <param name="Settings">All of it.</param>
public sealed record Candidate(SizePolicy Policy, SimulationSettings Settings)
{
    /// <summary>Warm pods: the fixed number, or those to begin with, or those when nothing is scheduled.</summary>
    public int Warm => Settings.Pool.Warm;

    /// <summary>"fixed 4", "auto 0.01", "scheduled 2 to 9".</summary>
    public string Name => Policy switch
    {
        SizePolicy.Auto => FormattableString.Invariant($"auto {Settings.Pool.Auto!.MissProbability}"),
        SizePolicy.Scheduled when Settings.Pool.Schedules.Count == 0 => FormattableString.Invariant($"scheduled {Warm}"),
        SizePolicy.Scheduled => FormattableString.Invariant($"scheduled {Warm} to {Settings.Pool.Schedules.Select(schedule => schedule.Warm).Append(Warm).Max()}"),
        _ => FormattableString.Invariant($"fixed {Warm}"),
    };

    /// <summary>A pool of one size.</summary>
    public static Candidate OfSize(SimulationSettings settings, int warm) =>
        new(SizePolicy.Fixed, settings with { Pool = settings.Pool with { Warm = warm, Auto = null, Schedules = [] } });

    /// <summary>A pool that sizes itself.</summary>
    public static Candidate OfAuto(SimulationSettings settings, SizeAuto auto) =>
        new(SizePolicy.Auto, settings with { Pool = settings.Pool with { Warm = auto.Min, Auto = auto, Schedules = [] } });

    /// <summary>A pool with a timetable.</summary>
    public static Candidate OfTimetable(SimulationSettings settings, Timetable timetable) =>
        new(SizePolicy.Scheduled, settings with { Pool = settings.Pool with { Warm = timetable.Otherwise, Auto = null, Schedules = timetable.Schedules } });
}
