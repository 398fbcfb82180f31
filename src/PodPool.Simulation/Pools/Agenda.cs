namespace PodPool.Simulation;

/// <summary>
/// Everything that is due at some time but the ends of requests (<see cref="Departures"/>), which are far more. Whoever looks at the time with each request
/// needs one number of it, <see cref="NextAt"/>. All times are ticks since the load began; <see cref="long.MaxValue"/> is never.
/// </summary>
/// <param name="countFrom">When counting begins.</param>
internal sealed class Agenda(long countFrom)
{
    private static readonly long LookAtTarget = TimeSpan.FromMinutes(1).Ticks;

    private readonly PriorityQueue<Happening, (long At, long Order)> _happenings = new();
    private readonly Queue<(long At, int Function)> _reports = new();
    private long _countFrom = countFrom;
    private long _targetAt;
    private long _poolAt;
    private long _order;

    /// <summary>The earliest of all, as of the last <see cref="Look"/>; a report that was added since counts already.</summary>
    public long NextAt { get; private set; }

    /// <summary>Looks for <see cref="NextAt"/>: after whatever may have taken something out or added a happening.</summary>
    /// <param name="poolAt">When the pool has something to do.</param>
    public void Look(long poolAt)
    {
        _poolAt = poolAt;
        var report = _reports.TryPeek(out var first) ? first.At : long.MaxValue;
        var happens = _happenings.TryPeek(out _, out var due) ? due.At : long.MaxValue;
        NextAt = Math.Min(Math.Min(Math.Min(report, happens), _countFrom), Math.Min(_poolAt, _targetAt));
    }

    /// <summary>Of several at one time, what was added first happens first.</summary>
    public void Add(long at, in Happening happening) => _happenings.Enqueue(happening, (at, _order++));

    /// <summary>The pool has to be told that less of a function is in flight. Reports are added in the order of their times.</summary>
    public void AddReport(long at, int function)
    {
        _reports.Enqueue((at, function));
        NextAt = Math.Min(NextAt, at);
    }

    /// <summary>Once: counting begins.</summary>
    public bool TakeCount(long now)
    {
        if (_countFrom > now)
        {
            return false;
        }

        _countFrom = long.MaxValue;
        return true;
    }

    /// <summary>Every minute: how many warm pods the pool wants is looked at.</summary>
    public bool TakeTarget(long now)
    {
        if (_targetAt > now)
        {
            return false;
        }

        _targetAt = now + LookAtTarget;
        return true;
    }

    public bool IsPoolDue(long now) => _poolAt <= now;

    public bool TakeHappening(long now, out Happening happening)
    {
        if (_happenings.TryPeek(out happening, out var due) && due.At <= now)
        {
            _happenings.Dequeue();
            return true;
        }

        return false;
    }

    /// <returns>Of which function the pool has to be told.</returns>
    /// <exception cref="InvalidOperationException">There is no report.</exception>
    public int TakeReport() => _reports.Dequeue().Function;
}
