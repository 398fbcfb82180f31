namespace PodPool.Core;

/// <summary>
/// How many warm pods the pool keeps now: as many as it was told, or as its automatic size says, and no fewer than a schedule does; and those that are kept
/// for named functions on top. Due: when that is to be looked at again. A pool that was told one number never is.
/// </summary>
internal sealed class PoolSizing(PoolBooks books) : Due
{
    /// <summary>How often an automatic size looks at what came.</summary>
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>How long a schedule is trusted to the wall clock, which somebody may set.</summary>
    private static readonly TimeSpan WallBeat = TimeSpan.FromMinutes(1);

    private AutoSize? _auto;
    private ScheduledFloor? _floor;
    private SizeSchedule? _schedule;
    private PoolSpec? _of;
    private SizingMemory? _memory;

    /// <summary>Warm pods to keep.</summary>
    public int Target { get; private set; }

    /// <summary>What was decided and why; null: the pool was told one number and keeps it.</summary>
    public SizeDecision? Decision =>
        _auto is null && _floor is null
            ? null
            : new SizeDecision(Target)
            {
                Reserved = books.Reserve.Total,
                Schedule = _schedule,
                Forecast = _auto?.Tell(books.Spec, Target - books.Reserve.Total),
            };

    /// <summary>What the automatic size has learnt, or was given and has not begun with; null: there is nothing.</summary>
    public SizingMemory? Learnt => _auto?.Learnt ?? _memory;

    /// <summary>Takes what another pool has learnt, for the automatic size to begin with.</summary>
    /// <returns>Why it is not taken; null: it is.</returns>
    public string? Learn(SizingMemory memory)
    {
        if (_of is not null)
        {
            return "the pool is kept already";
        }

        var problem = SizingMemoryRules.ProblemOf(memory, books.Clock.WallNow);
        _memory = problem is null ? memory : _memory;
        return problem;
    }

    public void Refilled(TimeSpan took) => _auto?.Refilled(took, books.Spec.StartDeadline);

    public void RefillFailed(TimeSpan took) => _auto?.RefillFailed(took);

    /// <summary>Decides anew, by the pool's spec of now. What an automatic size has learnt outlives a change of it, also one by which there is none for a time.</summary>
    public void Look()
    {
        var spec = books.Spec;
        if (spec != _of)
        {
            Follow(spec);
        }

        _auto?.Look(books.Clock, spec, books.Hits + books.Misses, books.Misses);
        _schedule = _floor?.At(books.Clock.WallNow);
        Target = Math.Max(_auto?.Warm ?? spec.Warm, _schedule?.Warm ?? 0) + books.Reserve.Total;
        LookAgain();
    }

    private void Follow(PoolSpec spec)
    {
        _floor = spec.Schedules.Count == 0 ? null : new ScheduledFloor(spec.Schedules);
        _of = spec;
        if (spec.Auto is { } auto)
        {
            _auto ??= Begin(spec.Warm, auto);
        }
        else
        {
            (_memory, _auto) = (Learnt, null);
        }
    }

    private AutoSize Begin(int warm, SizeAuto auto)
    {
        var memory = _memory;
        _memory = null;
        return new AutoSize(books.Clock, Math.Clamp(memory?.Warm ?? warm, auto.Min, auto.Max), books.Hits + books.Misses, books.Misses, memory);
    }

    private void LookAgain()
    {
        if (_auto is not null)
        {
            books.Due.Set(this, books.Clock.After(Beat));
        }
        else if (_floor?.NextChange(books.Clock.WallNow) is { } change)
        {
            var wait = change - books.Clock.WallNow;
            books.Due.Set(this, books.Clock.After(wait < WallBeat ? wait : WallBeat));
        }
        else
        {
            books.Due.Clear(this);
        }
    }
}
