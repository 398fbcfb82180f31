namespace PodPool.Simulation;

/// <summary>Counts what of a trace was put right, and where the first of each kind is.</summary>
public sealed class Repairs
{
    private readonly Dictionary<string, (long Count, long Line)> _kinds = [];

    /// <summary>In words: what was done, how often, since which line.</summary>
    public IEnumerable<string> All =>
        _kinds.OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => FormattableString.Invariant($"{kind.Key}: {kind.Value.Count} ({(kind.Value.Line > 0 ? $"first in line {kind.Value.Line}" : "in all")})"));

    /// <summary>One more.</summary>
    /// <param name="kind">What was wrong and what was done.</param>
    /// <param name="line">Where; 0: at no certain line.</param>
    public void Add(string kind, long line)
    {
        var known = _kinds.GetValueOrDefault(kind, (0, line));
        _kinds[kind] = (known.Count + 1, known.Line);
    }
}

/// <summary>A trace cannot be read; the message says what, where and what would be right.</summary>
public sealed class TraceException(string message, Exception? inner = null) : Exception(message, inner);
