namespace PodPool.Manager.WebConsole;

// What the page is told; times are milliseconds since 1970, durations milliseconds. Rows are compared by value: one that is equal is not told again.

/// <summary>A pool, now.</summary>
internal sealed record PoolRow(string Name, int Size, int Max, int Starting, int Warm, int Claimed, int Serving, int Draining, long Claims, long Misses, long Waiting, long InFlight)
{
    /// <summary>What keeps pods from becoming warm; null: nothing.</summary>
    public string? Trouble { get; init; }

    /// <summary>Why it has the size it has, where the pool sizes itself; null: it does not.</summary>
    public string? Why { get; init; }
}

/// <summary>A function, now.</summary>
/// <param name="Name"><c>namespace/name</c>.</param>
/// <param name="Pool">The pool it draws on.</param>
/// <param name="Ready">Whether it can be called.</param>
/// <param name="Reason">How it is, in a word.</param>
/// <param name="Serving">Instances that serve.</param>
/// <param name="Claimed">Instances that start.</param>
/// <param name="Draining">Instances that end.</param>
/// <param name="Waiting">Requests held.</param>
/// <param name="InFlight">Requests forwarded and not finished.</param>
internal sealed record FunctionRow(string Name, string Pool, bool Ready, string Reason, int Serving, int Claimed, int Draining, int Waiting, int InFlight)
{
    /// <summary>Why it cannot be called, or why its last start failed; null: neither.</summary>
    public string? Fault { get; init; }

    /// <summary>Null: none since the manager started.</summary>
    public StartRow? LastStart { get; init; }
}

/// <summary>A start, with its phases.</summary>
internal sealed record StartRow(long At, bool Miss, double Queue, double Claim, double Transfer, double Load, double Start);

/// <summary>A start that found no warm pod.</summary>
internal sealed record MissRow(long At, string Pool, string Function, string Why);

/// <summary>Something that happened.</summary>
internal sealed record EventRow(long At, string Kind, string Pool, string? Pod, string? Function, string? Reason, string? Message);

/// <summary>A pool's levels: each sample is the second since 1970, starting, warm, claimed, serving, draining, claims and misses.</summary>
internal sealed record HistoryRow(string Pool, IReadOnlyList<long[]> Samples);
