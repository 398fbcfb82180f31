using System.Collections.Concurrent;

namespace PodPool.Manager.Doors;

/// <summary>Which trust domain each pool is of: those whose functions may share a sidecar.</summary>
internal sealed class TrustDomains
{
    /// <summary>That of pools and doors that name none.</summary>
    public const string Default = "default";

    private readonly ConcurrentDictionary<string, string> _ofPools = new();

    /// <summary>Null: the pool is not known (yet), so nobody is trusted with what is of its functions.</summary>
    public string? Of(string pool) => _ofPools.GetValueOrDefault(pool);

    /// <summary>A pool is of a domain from now on.</summary>
    /// <returns>False: it was before.</returns>
    public bool Set(string pool, string trustDomain)
    {
        var had = Of(pool);
        _ofPools[pool] = trustDomain;
        return had != trustDomain;
    }

    /// <summary>A pool is not there any more.</summary>
    public void Remove(string pool) => _ofPools.TryRemove(pool, out _);
}
