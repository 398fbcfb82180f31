namespace PodPool.Simulation;

/// <summary>
/// Puts requests into the order of their times, as far as they are out of it by no more than <see cref="Window"/>: so long they are kept, and no longer. Those
/// that come later still are moved to the earliest time that is left, and counted. Of many, that would make a crowd that never was: they end the reading.
/// </summary>
/// <param name="path">The file, for what is said of it.</param>
/// <param name="repairs">Hears what was put in order.</param>
internal sealed class Reordering(string path, Repairs repairs)
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <summary>So many late lines are a few, at the end of a file and at one moment of it: a log that was shipped late, a clock that was set by a little.</summary>
    private const int FewInAll = 10;

    private const int FewAtOnce = 100;

    /// <summary>Of this many lines, one may be late.</summary>
    private const int OneOf = 100;

    private readonly PriorityQueue<Arrival, (long At, long Order)> _kept = new();
    private long _order;
    private long _newest;
    private long _newestBegan;
    private long _given;
    private long _late;
    private long _lateAtOnce;
    private long _firstLate;

    public int Count => _kept.Count;

    /// <param name="arrival">A request.</param>
    /// <param name="began">When it began as the trace has it, which may be before the trace did.</param>
    /// <param name="written">The time at which the trace has it: when it ended, perhaps.</param>
    /// <param name="line">Where that is.</param>
    /// <exception cref="TraceException">The file is in no order.</exception>
    public void Add(Arrival arrival, long began, long written, long line)
    {
        _order++;
        if (written < _newest)
        {
            repairs.Add("times that step back, put in order", line);
        }

        // A request that took long is in its place where it ended, however early it began; and where it began, however many ended before it is read.
        if (written < _newest - Window.Ticks && began < _newestBegan - Window.Ticks)
        {
            _late++;
            _lateAtOnce++;
            _firstLate = _firstLate == 0 ? line : _firstLate;
            if (_lateAtOnce > FewAtOnce || (_late > FewAtOnce && IsMuch))
            {
                throw InNoOrder();
            }
        }

        _newest = Math.Max(_newest, written);
        _newestBegan = Math.Max(_newestBegan, began);
        if (arrival.At < _given)
        {
            repairs.Add($"requests more than {Window.TotalMinutes:0} min out of order, moved to the end of that time", line);
            arrival = arrival with { At = _given };
        }

        _kept.Enqueue(arrival, (arrival.At, _order));
    }

    /// <summary>The next, if nothing that can still come is before it.</summary>
    /// <param name="all">Nothing more comes.</param>
    /// <param name="arrival">The request.</param>
    /// <exception cref="TraceException">Nothing more comes, and the file was in no order.</exception>
    public bool TryTake(bool all, out Arrival arrival)
    {
        if (all && _late > FewInAll && IsMuch)
        {
            throw InNoOrder();
        }

        if (!_kept.TryPeek(out arrival, out _) || (!all && arrival.At > _newest - Window.Ticks))
        {
            return false;
        }

        _kept.Dequeue();
        _lateAtOnce = arrival.At > _given ? 0 : _lateAtOnce;
        _given = arrival.At;
        return true;
    }

    /// <summary>Whether that many are late that it is no accident.</summary>
    private bool IsMuch => _late * OneOf > _order;

    private TraceException InNoOrder() => new(FormattableString.Invariant(
        $"'{path}', line {_firstLate}: from there on lines are more than {Window.TotalMinutes:0} min earlier than lines before them, {_late} of the {_order} requests that were read: the lines must be in the order of their times, oldest first. Sort the file by time; logs of several routers must be merged in that order, not put one after the other"));
}
