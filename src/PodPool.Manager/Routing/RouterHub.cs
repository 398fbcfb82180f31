using System.Collections.Concurrent;
using PodPool.Core;

namespace PodPool.Manager.Routing;

/// <summary>The routers that are connected now.</summary>
internal sealed class RouterHub(TimeProvider time)
{
    private readonly ConcurrentDictionary<RouterConnection, bool> _connections = new();

    // Above what an earlier manager may have counted to: versions grow for a router that outlives it.
    private long _version = time.GetUtcNow().ToUnixTimeMilliseconds() << 10;

    /// <summary>The next update's version.</summary>
    public long NextVersion() => Interlocked.Increment(ref _version);

    /// <summary>Those that are connected now.</summary>
    public IEnumerable<string> Connected => _connections.Keys.Select(connection => connection.Router).Distinct();

    /// <summary>A router connects.</summary>
    public RouterConnection Add(string router)
    {
        var connection = new RouterConnection(router);
        _connections[connection] = true;
        return connection;
    }

    /// <summary>A connection ended.</summary>
    /// <returns>Whether it was the router's last.</returns>
    public bool Remove(RouterConnection connection)
    {
        _connections.TryRemove(connection, out _);
        connection.End();
        return _connections.Keys.All(other => other.Router != connection.Router);
    }

    /// <summary>A route changed.</summary>
    public void Changed(FunctionName function)
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Changed(function);
        }
    }

    /// <summary>Completes when every router that is connected now knows what a function's route is now, or is gone.</summary>
    public Task AcknowledgedAsync(FunctionName function) => Task.WhenAll(_connections.Keys.Select(connection => connection.AcknowledgedAsync(function)));
}
