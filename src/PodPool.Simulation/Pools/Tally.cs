using HdrHistogram;
using PodPool.Core;

namespace PodPool.Simulation;

/// <summary>
/// What of a run is counted. Counting begins anew when the <see cref="SimulationSettings.WarmUp"/> is over: what the pool counts itself goes on, and is
/// subtracted from.
/// </summary>
internal sealed class Tally(SimulationSettings settings, DateTimeOffset begin)
{
    private const long HighestMicroseconds = 3_600_000_000;

    private readonly LongHistogram _held = new(HighestMicroseconds, 3);

    private TargetByHour _targets = new(begin);
    private long _requests;
    private long _immediate;
    private long _refused;
    private long _busy;
    private long _busyUntilStop;
    private long _claimsBefore;
    private long _hitsBefore;
    private long _missesBefore;

    /// <summary>A request came, whatever becomes of it.</summary>
    public void Came() => _requests++;

    /// <summary>It found an instance with room, and takes so many ticks of it.</summary>
    public void ServedAtOnce(long duration)
    {
        _immediate++;
        _busy += duration;
    }

    /// <summary>It was held for so many ticks until an instance had room, and takes so many of it.</summary>
    public void ServedAfter(long held, long duration)
    {
        _held.RecordValue(Math.Clamp(held / TimeSpan.TicksPerMicrosecond, 0, HighestMicroseconds));
        _busy += duration;
    }

    public void Refused() => _refused++;

    /// <summary>So many warm pods the pool wants at a time.</summary>
    public void Target(long now, int pods) => _targets.Note(now, pods);

    /// <summary>Nothing that was counted until now counts.</summary>
    /// <param name="pool">What it has counted itself.</param>
    /// <param name="waiting">Requests that are held: they will be answered, so they count.</param>
    public void Restart(Pool pool, long waiting)
    {
        var status = pool.Status;
        (_claimsBefore, _hitsBefore, _missesBefore) = (status.Claims, pool.Books.Hits, status.Misses);
        (_requests, _immediate, _refused, _busy) = (waiting, 0, 0, 0);
        _held.Reset();
        _targets = new TargetByHour(begin);
    }

    /// <summary>The load is over: what is served from now on takes no time that counts.</summary>
    public void Stop() => _busyUntilStop = _busy;

    /// <param name="pool">What it has counted itself.</param>
    /// <param name="pods">Stopped when this was.</param>
    /// <param name="end">When the load was over, in ticks since it began.</param>
    public RunResult Result(Pool pool, PodHours pods, long end)
    {
        var status = pool.Status;
        return new RunResult
        {
            Requests = _requests,
            Immediate = _immediate,
            Held = _held.TotalCount,
            Refused = _refused,
            Starts = status.Claims - _claimsBefore,
            Hits = pool.Books.Hits - _hitsBefore,
            Misses = status.Misses - _missesBefore,
            StartP50 = HeldAt(50),
            StartP99 = HeldAt(99),
            StartP999 = HeldAt(99.9),
            WarmPodHours = pods.WarmHours,
            StartingPodHours = pods.StartingHours,
            ServingPodHours = pods.BoundHours,
            BusyPodHours = (double)_busyUntilStop / settings.Concurrency / TimeSpan.TicksPerHour,
            Span = TimeSpan.FromTicks(end) - settings.WarmUp,
            TargetByHour = _targets.All,
            MostWarm = _targets.Most,
        };
    }

    private TimeSpan HeldAt(double percentile) => _held.TotalCount == 0 ? TimeSpan.Zero : TimeSpan.FromMicroseconds(_held.GetValueAtPercentile(percentile));
}
