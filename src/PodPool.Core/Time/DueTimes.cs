namespace PodPool.Core;

/// <summary>Something that is due at most once at a time.</summary>
internal abstract class Due : HeapItem<Due>
{
    internal long At { get; set; }

    internal override bool Before(Due other) => At < other.At;
}

/// <summary>What is due when. The whole of the pool's waiting is in here, so the next instant that matters is one look away.</summary>
internal sealed class DueTimes
{
    private readonly IndexedHeap<Due> _heap = new();

    public long? Next => _heap.First?.At;

    public void Set(Due due, long at)
    {
        if (at >= Clock.Never)
        {
            _heap.Remove(due);
            return;
        }

        due.At = at;
        _heap.Set(due);
    }

    public void Clear(Due due) => _heap.Remove(due);

    /// <summary>Takes out what is due by now, earliest first.</summary>
    public Due? Take(long now)
    {
        if (_heap.First is not { } first || first.At > now)
        {
            return null;
        }

        _heap.Remove(first);
        return first;
    }
}
