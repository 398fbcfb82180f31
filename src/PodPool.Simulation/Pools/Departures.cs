namespace PodPool.Simulation;

/// <summary>When which function's request ends: a heap of four children a node, for the cache's sake; nothing is allocated per request.</summary>
internal sealed class Departures
{
    private const int Ways = 4;

    private (long At, int Function)[] _items = new (long, int)[256];
    private int _count;

    public int Count => _count;

    /// <summary>The next; <see cref="long.MaxValue"/>: there is none.</summary>
    public long NextAt { get; private set; } = long.MaxValue;

    public void Add(long at, int function)
    {
        if (_count == _items.Length)
        {
            Array.Resize(ref _items, 2 * _count);
        }

        var items = _items;
        var slot = _count++;
        while (slot > 0)
        {
            var parent = (slot - 1) / Ways;
            if (items[parent].At <= at)
            {
                break;
            }

            items[slot] = items[parent];
            slot = parent;
        }

        items[slot] = (at, function);
        NextAt = items[0].At;
    }

    /// <returns>Whose request ended.</returns>
    public int Take()
    {
        var items = _items;
        var function = items[0].Function;
        var last = items[--_count];
        var slot = 0;
        while (true)
        {
            var first = Ways * slot + 1;
            if (first >= _count)
            {
                break;
            }

            var child = first;
            for (var other = first + 1; other < Math.Min(first + Ways, _count); other++)
            {
                child = items[other].At < items[child].At ? other : child;
            }

            if (items[child].At >= last.At)
            {
                break;
            }

            items[slot] = items[child];
            slot = child;
        }

        items[slot] = last;
        NextAt = _count > 0 ? items[0].At : long.MaxValue;
        return function;
    }
}
