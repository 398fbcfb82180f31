namespace PodPool.Core;

/// <summary>One pod in the books. Its <see cref="State"/> is changed by <see cref="PodBook"/> alone. Due: what ends its present state if nothing else does.</summary>
internal sealed class Pod(PodId id, long since) : Due
{
    public PodId Id => id;

    /// <summary>When it was ordered or adopted.</summary>
    public long Since => since;

    public PodState State { get; set; }

    public string Node { get; set; } = "";

    public IReadOnlyList<string> HeldPackages { get; set; } = [];

    /// <summary>What it was made from; empty: nobody knows.</summary>
    public string Template { get; set; } = "";

    /// <summary>The set that it is in, while it is warm.</summary>
    public WarmSet? WarmIn { get; set; }

    /// <summary>Its places in <see cref="WarmIn"/>.</summary>
    public LinkedListNode<Pod>[] WarmPlaces { get; set; } = [];

    /// <summary>Whether the backend has told of it: from then on, missing in its list means gone.</summary>
    public bool Seen { get; set; }

    /// <summary>What the backend last said keeps it from becoming warm; empty: nothing.</summary>
    public string Trouble { get; set; } = "";

    /// <summary>Made to find out whether a stopped refill can go on.</summary>
    public bool Probe { get; set; }

    // ---- from the claim on

    public Revision? Revision { get; set; }

    public ClaimId Claim { get; set; }

    public long ClaimedAt { get; set; }

    /// <summary>Its claim had to wait for a warm pod.</summary>
    public bool Miss { get; set; }

    /// <summary>Found claimed: nobody here waits for the answer to its claim, what the pod says of itself is the answer.</summary>
    public bool FoundClaimed { get; set; }

    /// <summary>What it said of itself while the answer to its claim was still out.</summary>
    public PodPhase? Said { get; set; }

    public long ServingSince { get; set; }

    public StartPhases Phases { get; set; }

    // ---- from draining on

    /// <summary>Routers that acknowledged this version send it nothing any more.</summary>
    public long OutSince { get; set; }

    public bool DrainOrdered { get; set; }

    public DeleteReason DeleteReason { get; set; }
}
