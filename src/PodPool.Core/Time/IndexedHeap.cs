namespace PodPool.Core;

/// <summary>What an <see cref="IndexedHeap{T}"/> holds. It knows its place, so it can be moved or taken out in O(log n).</summary>
internal abstract class HeapItem<T>
    where T : HeapItem<T>
{
    internal int Slot { get; set; } = -1;

    internal bool IsQueued => Slot >= 0;

    /// <summary>Whether this comes out before the other.</summary>
    internal abstract bool Before(T other);
}

/// <summary>A binary heap whose items can be moved and taken out. Nothing stale stays in it; nothing is allocated per item.</summary>
internal sealed class IndexedHeap<T>
    where T : HeapItem<T>
{
    /// <summary>Wrapped: an array of a class that others could derive from looks at the type of whatever is put into it.</summary>
    private readonly List<Held> _items = [];

    public int Count => _items.Count;

    public T? First => _items.Count == 0 ? null : _items[0].Item;

    /// <summary>Puts an item in, or to its right place after its key changed.</summary>
    public void Set(T item)
    {
        if (!item.IsQueued)
        {
            item.Slot = _items.Count;
            _items.Add(new(item));
        }

        if (!Rise(item))
        {
            Sink(item);
        }
    }

    public void Remove(T item)
    {
        if (!item.IsQueued)
        {
            return;
        }

        var slot = item.Slot;
        var last = _items[^1].Item;
        _items.RemoveAt(_items.Count - 1);
        item.Slot = -1;
        if (last != item)
        {
            Place(last, slot);
            if (!Rise(last))
            {
                Sink(last);
            }
        }
    }

    private bool Rise(T item)
    {
        var slot = item.Slot;
        while (slot > 0)
        {
            var parent = _items[(slot - 1) / 2].Item;
            if (!item.Before(parent))
            {
                break;
            }

            var above = parent.Slot;
            Place(parent, slot);
            slot = above;
        }

        var rose = slot != item.Slot;
        Place(item, slot);
        return rose;
    }

    private void Sink(T item)
    {
        var slot = item.Slot;
        while (true)
        {
            var child = 2 * slot + 1;
            if (child >= _items.Count)
            {
                break;
            }

            if (child + 1 < _items.Count && _items[child + 1].Item.Before(_items[child].Item))
            {
                child++;
            }

            if (!_items[child].Item.Before(item))
            {
                break;
            }

            Place(_items[child].Item, slot);
            slot = child;
        }

        Place(item, slot);
    }

    private void Place(T item, int slot)
    {
        _items[slot] = new(item);
        item.Slot = slot;
    }

    private readonly record struct Held(T Item);
}
