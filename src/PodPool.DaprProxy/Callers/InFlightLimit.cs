using System.Collections.Concurrent;

namespace PodPool.DaprProxy.Callers;

/// <summary>How many calls each function may have under way at the node's only sidecar.</summary>
/// <param name="limit">Calls of all instances of a function on this node; 1 or more.</param>
internal sealed class InFlightLimit(int limit)
{
    private readonly ConcurrentDictionary<string, int> _underWay = new();

    /// <summary>Calls of one function at once, at most.</summary>
    public int Limit => limit;

    /// <summary>A call begins.</summary>
    /// <returns>False: the function has as many under way as it may; else <see cref="End"/> must follow.</returns>
    public bool TryBegin(string function)
    {
        while (true)
        {
            if (!_underWay.TryGetValue(function, out var count))
            {
                if (_underWay.TryAdd(function, 1))
                {
                    return true;
                }
            }
            else if (count >= limit)
            {
                return false;
            }
            else if (_underWay.TryUpdate(function, count + 1, count))
            {
                return true;
            }
        }
    }

    /// <summary>A call has ended. A function without calls is forgotten.</summary>
    public void End(string function)
    {
        while (_underWay.TryGetValue(function, out var count))
        {
            if (count > 1 ? _underWay.TryUpdate(function, count - 1, count) : _underWay.TryRemove(new(function, count)))
            {
                return;
            }
        }
    }
}
