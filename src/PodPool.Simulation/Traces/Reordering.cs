namespace PodPool.Simulation;

/// <summary>
/// Puts requests into the order of their times, as far as they are out of it by no more than <see cref="Window"/>: so long they are kept, and no longer. Those
/// that come later still are moved to the earliest time that is left, and counted.
/// </summary>
internal sealed class Reordering(Repairs repairs)
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly PriorityQueue<Arrival, (long At, long Order)> _kept = new();
    private long _order;
    private long _newest;
    private long _given;

    public int Count => _kept.Count;

    /// <param name="arrival">A request.</param>
    /// <param name="written">The time at which the trace has it: when it ended, perhaps.</param>
    /// <param name="line">Where that is.</param>
    public void Add(Arrival arrival, long written, long line)
    {
        if (written < _newest)
        {
            repairs.Add("times that step back, put in order", line);
        }

        _newest = Math.Max(_newest, written);
        if (arrival.At < _given)
        {
            repairs.Add($"requests more than {Window.TotalMinutes:0} min out of order, moved to the end of that time", line);
            arrival = arrival with { At = _given };
        }

        _kept.Enqueue(arrival, (arrival.At, _order++));
    }

    /// <summary>The next, if nothing that can still come is before it.</summary>
    /// <param name="all">Nothing more comes.</param>
    /// <param name="arrival">The request.</param>
    public bool TryTake(bool all, out Arrival arrival)
    {
        if (!_kept.TryPeek(out arrival, out _) || (!all && arrival.At > _newest - Window.Ticks))
        {
            return false;
        }

        _kept.Dequeue();
        _given = arrival.At;
        return true;
    }
}
