namespace PodPool.Core;

/// <summary>One function's want of pods that are not there yet.</summary>
internal sealed class Hunger(Function function) : HeapItem<Hunger>
{
    private int _holds;
    private bool _called;
    private long _since;

    public Function Function => function;

    /// <summary>Pods wanted now.</summary>
    public int Pods { get; set; }

    /// <summary>Of these, how many missed: their callers wait for a pod, or were refused.</summary>
    public int Missed { get; set; }

    /// <summary>
    /// How many were told as misses and not had since. Those who were refused or gave up count until the instance that they wanted would have been idle for
    /// long enough to go: whoever comes before would have found it.
    /// </summary>
    public int Told { get; set; }

    /// <summary>Since when it wants any.</summary>
    public long Since { get; set; }

    /// <summary>Takes a new look at what its turn depends on; the queue must be told.</summary>
    public void Look()
    {
        _holds = function.Holds;
        _called = function.Waiters.Count > 0;
        _since = function.Waiters.First?.Value.Since ?? Since;
    }

    internal override bool Before(Hunger other) =>
        _holds != other._holds ? _holds < other._holds
        : _called != other._called ? _called
        : _since != other._since ? _since < other._since
        : function.Ordinal < other.Function.Ordinal;
}

/// <summary>
/// Deals warm pods max-min fair between the functions that want them: one at a time, to the function that has the fewest pods; of
/// those, to one with a caller waiting; of those, to the one that has waited longest. So a rush on one function cannot keep
/// another from its first instance longer than it takes one pod to become warm.
/// </summary>
internal sealed class FairQueue
{
    private readonly IndexedHeap<Hunger> _heap = new();

    /// <summary>Pods wanted in all.</summary>
    public long Pods { get; private set; }

    public Function? Next => _heap.First?.Function;

    public void Want(Function function, int pods, long now)
    {
        var hunger = function.Hunger;
        Pods += pods - hunger.Pods;
        if (hunger.Pods == 0)
        {
            hunger.Since = now;
        }

        hunger.Pods = pods;
        hunger.Missed = Math.Min(hunger.Missed, pods);
        if (pods == 0)
        {
            _heap.Remove(hunger);
            return;
        }

        hunger.Look();
        _heap.Set(hunger);
    }
}
