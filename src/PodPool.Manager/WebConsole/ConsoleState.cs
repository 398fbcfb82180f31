namespace PodPool.Manager.WebConsole;

/// <summary>All that the page shows, at a moment; never changed.</summary>
internal sealed record ConsoleState
{
    /// <summary>Milliseconds since 1970.</summary>
    public required long At { get; init; }

    /// <summary>Whether this manager leads; if not, the rest is empty.</summary>
    public required bool Leads { get; init; }

    /// <summary>Who does, if it is not this manager; null: nobody knows.</summary>
    public string? Leader { get; init; }

    public IReadOnlyDictionary<string, PoolRow> Pools { get; init; } = new Dictionary<string, PoolRow>();

    public IReadOnlyDictionary<string, FunctionRow> Functions { get; init; } = new Dictionary<string, FunctionRow>();

    /// <summary>A row a phase, a column a bucket.</summary>
    public IReadOnlyList<long[]> Starts { get; init; } = [];

    /// <summary>How many events there were in all.</summary>
    public long EventCount { get; init; }

    /// <summary>How many misses were told in all.</summary>
    public long MissCount { get; init; }

    /// <summary>Those since the state before, as far as they are kept; of the first state, all that are kept.</summary>
    public IReadOnlyList<EventRow> NewEvents { get; init; } = [];

    /// <summary>The same of misses.</summary>
    public IReadOnlyList<MissRow> NewMisses { get; init; } = [];
}
