using PodPool.Manager.Operations;

namespace PodPool.Manager.Pools;

/// <summary>What is remembered of a pool to reckon its size from.</summary>
internal sealed class PoolTrace
{
    public PoolTrace(TimeProvider time)
    {
        Claims = new(time);

        // Compiled now, not while the first claim is under way.
        Claims.Add(0);
    }

    /// <summary>When pods were wanted.</summary>
    public ClaimTrace Claims { get; }

    /// <summary>What the last refills took, from the order of a pod until it was warm.</summary>
    public Recent<TimeSpan> Refills { get; } = new(500);
}
