namespace PodPool.Manager.Operations;

/// <summary>The last few of something, in fixed memory. Adding is safe under any lock: it stores one value.</summary>
/// <param name="capacity">How many are kept.</param>
internal sealed class Recent<T>(int capacity)
{
    private readonly Lock _gate = new();
    private readonly T[] _kept = new T[capacity];
    private long _count;

    /// <summary>Adds one; the oldest goes if there is no room.</summary>
    public void Add(T item)
    {
        lock (_gate)
        {
            _kept[_count++ % _kept.Length] = item;
        }
    }

    /// <summary>What came after the first so many, oldest first, as far as it is kept.</summary>
    /// <param name="known">How many of them the caller has seen; 0: none.</param>
    /// <param name="until">Those after the first so many are left out.</param>
    /// <returns>Those, and how many there were in all.</returns>
    public (IReadOnlyList<T> Items, long Count) After(long known, long until = long.MaxValue)
    {
        lock (_gate)
        {
            var first = Math.Max(known, _count - _kept.Length);
            var items = new T[Math.Max(0, Math.Min(_count, until) - first)];
            for (var i = 0; i < items.Length; i++)
            {
                items[i] = _kept[(first + i) % _kept.Length];
            }

            return (items, _count);
        }
    }
}
