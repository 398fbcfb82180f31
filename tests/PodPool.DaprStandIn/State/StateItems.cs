namespace PodPool.DaprStandIn.State;

/// <summary>An item to save.</summary>
/// <param name="Key">Its key in the store.</param>
/// <param name="Value">As it will be stored.</param>
/// <param name="ETag">The version that must be there; null: any.</param>
/// <param name="Metadata">What the caller gives the store.</param>
/// <param name="Options">How it is saved.</param>
internal sealed record SetItem(string Key, byte[] Value, string? ETag, IReadOnlyDictionary<string, string> Metadata, StateOptions Options) : StateOperation(Key);

/// <summary>An item to delete.</summary>
internal sealed record DeleteItem(string Key, string? ETag, IReadOnlyDictionary<string, string> Metadata, StateOptions Options) : StateOperation(Key);

/// <summary>One of a transaction's.</summary>
internal abstract record StateOperation(string Key);

/// <summary>What a caller asks for beside the item itself.</summary>
/// <param name="Concurrency">first-write, last-write or nothing.</param>
/// <param name="Consistency">eventual, strong or nothing.</param>
internal sealed record StateOptions(string Concurrency, string Consistency)
{
    public static StateOptions None { get; } = new("", "");

    /// <summary>What is wrong with it; null: nothing.</summary>
    public string? Fault
        => Concurrency is not ("" or "first-write" or "last-write") ? $"unrecognized concurrency model '{Concurrency}'"
            : Consistency is not ("" or "eventual" or "strong") ? $"unrecognized consistency model '{Consistency}'"
            : null;
}

/// <summary>An item that was found.</summary>
/// <param name="ETag">Its version; null: what is stored has none.</param>
/// <param name="Metadata">When it will be gone, if it will.</param>
internal sealed record FoundItem(byte[] Value, string? ETag, IReadOnlyDictionary<string, string> Metadata);
