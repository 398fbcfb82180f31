namespace PodPool.Core;

/// <summary>What to make of news of a pod that is in no books.</summary>
internal enum Ghost
{
    /// <summary>It is new here.</summary>
    No,

    /// <summary>The news is older than the pod's end.</summary>
    Late,

    /// <summary>It exists, but it was handed out before: it may be anything but warm.</summary>
    Spent,
}

/// <summary>
/// Pods that left the books lately. News of them that was under way is late, not new: without this, it would raise them from the
/// dead, and hand one out twice. The sweeper has the last word, after a time.
/// </summary>
internal sealed class GonePods
{
    /// <summary>So many are remembered however long ago they ended: after a machine slept, news can be old.</summary>
    private const int Remembered = 1024;

    private readonly Dictionary<PodId, Grave> _graves = [];
    private readonly Queue<PodId> _order = new();

    /// <param name="id">The pod.</param>
    /// <param name="spent">It was handed out.</param>
    /// <param name="certain">It does not exist. If not, it was missing in a list that may have been older than the pod.</param>
    /// <param name="now">The time.</param>
    /// <param name="until">Until then even the sweeper's news of it is late.</param>
    public void Add(PodId id, bool spent, bool certain, long now, long until)
    {
        if (_graves.TryGetValue(id, out var grave))
        {
            _graves[id] = grave with { Spent = spent || grave.Spent, Certain = certain || grave.Certain, Until = until };
            return;
        }

        _graves.Add(id, new Grave(spent, certain, until));
        _order.Enqueue(id);
        while (_order.Count > Remembered && _graves[_order.Peek()].Until <= now)
        {
            _graves.Remove(_order.Dequeue());
        }
    }

    public Ghost Judge(PodObservation seen, bool listed, long now)
    {
        if (!_graves.TryGetValue(seen.Pod, out var grave))
        {
            return Ghost.No;
        }

        var wasClaimable = seen.Phase <= PodPhase.Warm;
        if (!grave.Certain && !wasClaimable)
        {
            return Ghost.No;
        }

        return !listed || grave.Until > now ? Ghost.Late
            : grave.Spent && wasClaimable ? Ghost.Spent
            : Ghost.No;
    }

    private readonly record struct Grave(bool Spent, bool Certain, long Until);
}
