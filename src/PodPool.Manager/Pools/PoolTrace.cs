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
        new Recent<TimeSpan>(1).Add(TimeSpan.Zero);
    }

    /// <summary>When pods were wanted.</summary>
    public ClaimTrace Claims { get; }

    /// <summary>What the last refills took, from the order of a pod until it was warm.</summary>
    public Recent<TimeSpan> Refills { get; } = new(500);

    /// <summary>What the last starts took, from the claim of a pod until it served.</summary>
    public Recent<TimeSpan> Starts { get; } = new(500);
}
