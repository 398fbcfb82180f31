using System.Collections.Frozen;
using PodPool.Core;

namespace PodPool.Manager;

/// <summary>What a pool's size follows, beside the number of warm pods that it is given.</summary>
public sealed record SizeOptions
{
    /// <summary>The pool sizes itself.</summary>
    /// <value>Default: null, it does not.</value>
    public SizeAuto? Auto { get; init; }

    /// <summary>Times at which there are more warm pods.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyList<SizeSchedule> Schedules { get; init; } = [];

    /// <summary>Warm pods that only these functions may claim, beside those of all.</summary>
    /// <value>Default: none.</value>
    public IReadOnlyDictionary<FunctionName, int> Reserve { get; init; } = FrozenDictionary<FunctionName, int>.Empty;

    /// <inheritdoc/>
    /// <remarks>By what is in the lists: a pool that is read anew is the same.</remarks>
    public bool Equals(SizeOptions? other)
        => other is not null && Auto == other.Auto && Schedules.SequenceEqual(other.Schedules)
            && Reserve.Count == other.Reserve.Count && Reserve.All(share => other.Reserve.TryGetValue(share.Key, out var pods) && pods == share.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Auto, Schedules.Count, Reserve.Count);
}
