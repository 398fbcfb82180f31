using PodPool.Contracts;
using PodPool.Router.Instances;
using PodPool.Router.Refusing;

namespace PodPool.Router.Holding;

/// <summary>The requests of one function that wait, in the order in which they came. Its owner's lock guards all but <see cref="Count"/>.</summary>
internal sealed class HeldQueue
{
    private readonly LinkedList<HeldRequest> _held = new();
    private int _count;

    /// <summary>How many wait; read without the lock too.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The one that waits longest; null: nobody waits.</summary>
    public HeldRequest? First => _held.First?.Value;

    /// <summary>Lets one wait; one that was let in before waits in front. A full fence: whoever frees a place after it sees that somebody waits.</summary>
    public void Add(HeldRequest held)
    {
        held.Node = held.IsRetry ? _held.AddFirst(held) : _held.AddLast(held);
        Interlocked.Increment(ref _count);
    }

    /// <summary>Gives places to those who wait, in their order.</summary>
    /// <returns>How many got one.</returns>
    public int Place(FunctionRouting routing, LoadMeter load)
    {
        var placed = 0;
        for (var node = _held.First; node is not null;)
        {
            var (held, next) = (node.Value, node.Next);
            if (routing.TryClaim(held.Avoid) is { } instance)
            {
                load.Began();
                placed++;
                Complete(held, new(instance, OutcomeOf(held, instance), null));
            }
            else if (held.Avoid is null)
            {
                break;
            }

            node = next;
        }

        return placed;
    }

    /// <summary>Tells one that it gets no place: why, or nothing, because its caller left.</summary>
    /// <returns>False: it does not wait any more.</returns>
    public bool TryRefuse(HeldRequest held, Refusal? refusal)
    {
        if (held.Node is null)
        {
            return false;
        }

        Complete(held, new(null, StartOutcome.Warm, refusal));
        return true;
    }

    /// <summary>Tells those that they get no place, whose deadline is before a timestamp.</summary>
    public void Refuse(Refusal refusal, long dueBefore)
    {
        for (var node = _held.First; node is not null;)
        {
            var (held, next) = (node.Value, node.Next);
            if (held.Deadline < dueBefore)
            {
                TryRefuse(held, refusal);
            }

            node = next;
        }
    }

    /// <summary>Lets them try an instance again that they have failed to reach; null: all of them.</summary>
    public void Forgive(string? instanceId)
    {
        foreach (var held in _held)
        {
            held.Avoid?.RemoveAll(instance => instanceId is null || instance.Id == instanceId);
            if (held.Avoid?.Count == 0)
            {
                held.Avoid = null;
            }
        }
    }

    private static string OutcomeOf(HeldRequest held, Instance instance)
        => held.Since > instance.Since ? StartOutcome.Warm : instance.TryTakeStart() ? StartOutcome.Pooled : StartOutcome.Coalesced;

    private void Complete(HeldRequest held, Placement placement)
    {
        _held.Remove(held.Node!);
        held.Node = null;
        Interlocked.Decrement(ref _count);
        held.Complete(placement);
    }
}
