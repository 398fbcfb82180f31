namespace PodPool.Core;

/// <summary>The connected routers, and what of the routes each has acknowledged.</summary>
internal sealed class Routers
{
    private readonly Dictionary<string, long> _acknowledged = [];

    /// <summary>What every connected router has in its table; all there is when none is connected.</summary>
    public long AcknowledgedByAll { get; private set; } = long.MaxValue;

    public bool IsConnected(string router) => _acknowledged.ContainsKey(router);

    public void Connected(string router)
    {
        // One that comes back may still route by its old table until it took the snapshot.
        if (_acknowledged.TryAdd(router, 0))
        {
            AcknowledgedByAll = 0;
        }
    }

    public void Acknowledged(string router, long version)
    {
        if (_acknowledged.TryGetValue(router, out var before) && version > before)
        {
            _acknowledged[router] = version;
            FindLowest();
        }
    }

    public void Gone(string router)
    {
        if (_acknowledged.Remove(router))
        {
            FindLowest();
        }
    }

    private void FindLowest()
    {
        var lowest = long.MaxValue;
        foreach (var version in _acknowledged.Values)
        {
            lowest = Math.Min(lowest, version);
        }

        AcknowledgedByAll = lowest;
    }
}
