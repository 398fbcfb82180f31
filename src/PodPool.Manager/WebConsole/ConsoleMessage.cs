namespace PodPool.Manager.WebConsole;

/// <summary>What goes to the page: all there is, or what has changed since the message before. What is null is as it was.</summary>
internal sealed record ConsoleMessage
{
    /// <summary>Milliseconds since 1970.</summary>
    public required long At { get; init; }

    public required bool Leads { get; init; }

    public string? Leader { get; init; }

    /// <summary>New ones, and those that changed.</summary>
    public IReadOnlyList<PoolRow>? Pools { get; init; }

    /// <summary>Names of those that are gone.</summary>
    public IReadOnlyList<string>? PoolsGone { get; init; }

    public IReadOnlyList<FunctionRow>? Functions { get; init; }

    public IReadOnlyList<string>? FunctionsGone { get; init; }

    /// <summary>Counts since the manager started: a row a phase, a column a bucket and one for what is above all.</summary>
    public IReadOnlyList<long[]>? Starts { get; init; }

    /// <summary>New ones, oldest first.</summary>
    public IReadOnlyList<MissRow>? Misses { get; init; }

    /// <summary>New ones, oldest first.</summary>
    public IReadOnlyList<EventRow>? Events { get; init; }

    /// <summary>With all there is: the names of the phases.</summary>
    public IReadOnlyList<string>? Phases { get; init; }

    /// <summary>With all there is: the upper ends of the buckets, in seconds.</summary>
    public IReadOnlyList<double>? Boundaries { get; init; }

    /// <summary>With all there is: how the pools were.</summary>
    public IReadOnlyList<HistoryRow>? History { get; init; }
}
