using Microsoft.AspNetCore.WebUtilities;

namespace PodPool.DaprProxy.Http;

/// <summary>A query, understood as daprd understands it and written anew so that there is nothing else in it to be understood.</summary>
/// <remarks>
/// To daprd the case of a name matters, which it does not to ASP.NET Core: of <c>?KEY=a</c> the one would see a key and the other none, and none means all.
/// </remarks>
internal sealed class DaprQuery
{
    private readonly List<(string Name, string Value)> _pairs = [];

    /// <summary>Reads a query.</summary>
    /// <param name="query">As it was sent: empty, or with the question mark.</param>
    public DaprQuery(string query)
    {
        foreach (var pair in new QueryStringEnumerable(query))
        {
            _pairs.Add((pair.DecodeName().ToString(), pair.DecodeValue().ToString()));
        }
    }

    /// <summary>The keys that it names: of a configuration.</summary>
    public IReadOnlyList<string> Keys => [.. _pairs.Where(pair => pair.Name == "key").Select(pair => pair.Value)];

    /// <summary>The namespace that it names: of a secret. However it is spelt: some store might not mind.</summary>
    public string? Namespace => _pairs.Where(pair => pair.Name.Equals("metadata.namespace", StringComparison.OrdinalIgnoreCase)).Select(pair => pair.Value).FirstOrDefault();

    /// <summary>Empty, or with the question mark.</summary>
    public override string ToString()
        => _pairs.Count == 0 ? "" : $"?{string.Join('&', _pairs.Select(pair => $"{Uri.EscapeDataString(pair.Name)}={Uri.EscapeDataString(pair.Value)}"))}";
}
