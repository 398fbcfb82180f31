using PodPool.Router.Holding;

namespace PodPool.Router.Routing;

/// <summary>Which function answers to a host and a path. Never changed; a newer one takes its place.</summary>
internal sealed class RouteTable
{
    private readonly Dictionary<string, Function>.AlternateLookup<ReadOnlySpan<char>> _hosts;
    private readonly Dictionary<string, Function>.AlternateLookup<ReadOnlySpan<char>> _prefixes;
    private readonly int _mostSegments;

    /// <param name="hosts">By host without port; compared without regard to case.</param>
    /// <param name="prefixes">By path prefix: <c>/a/b</c>, no slash at the end; the empty one takes every path.</param>
    public RouteTable(Dictionary<string, Function> hosts, Dictionary<string, Function> prefixes)
    {
        _hosts = hosts.GetAlternateLookup<ReadOnlySpan<char>>();
        _prefixes = prefixes.GetAlternateLookup<ReadOnlySpan<char>>();
        _mostSegments = prefixes.Keys.Select(prefix => prefix.Count(character => character == '/')).DefaultIfEmpty(-1).Max();
    }

    /// <summary>A table that knows no function.</summary>
    public static RouteTable Empty { get; } = new([], []);

    /// <summary>Finds the function of a request: by its host, else by the longest prefix of its path.</summary>
    /// <param name="host">The host, with its port if one was given.</param>
    /// <param name="path">The path, decoded and without dot segments.</param>
    /// <param name="prefixLength">How much of the path only led here; zero if the host did.</param>
    public Function? Find(ReadOnlySpan<char> host, ReadOnlySpan<char> path, out int prefixLength)
    {
        prefixLength = 0;
        return _hosts.TryGetValue(WithoutPort(host), out var function) ? function : FindPrefix(path, ref prefixLength);
    }

    private Function? FindPrefix(ReadOnlySpan<char> path, ref int prefixLength)
    {
        // As far as the longest prefix could reach; from there back, one segment after the other.
        var end = 0;
        for (var segments = 0; segments < _mostSegments && end < path.Length; segments++)
        {
            var next = path[(end + 1)..].IndexOf('/');
            end = next < 0 ? path.Length : end + 1 + next;
        }

        while (_mostSegments >= 0)
        {
            if (_prefixes.TryGetValue(path[..end], out var function))
            {
                prefixLength = end;
                return function;
            }

            if (end == 0)
            {
                break;
            }

            end = path[..end].LastIndexOf('/');
        }

        return null;
    }

    private static ReadOnlySpan<char> WithoutPort(ReadOnlySpan<char> host)
    {
        var colon = host.LastIndexOf(':');
        return (colon > host.LastIndexOf(']') ? host[..colon] : host).TrimEnd('.');
    }
}
