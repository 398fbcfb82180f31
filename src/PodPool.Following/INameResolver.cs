using System.Net;
using System.Net.Sockets;

namespace PodPool.Following;

/// <summary>Who answers to a name.</summary>
internal interface INameResolver
{
    /// <summary>All the sockets behind a name, now.</summary>
    /// <exception cref="SocketException">The name is unknown, or nobody could say.</exception>
    Task<IReadOnlyList<EndPoint>> ResolveAsync(string host, int port, CancellationToken cancellationToken);
}

/// <summary>As this system resolves names.</summary>
internal sealed class SystemNameResolver : INameResolver
{
    public async Task<IReadOnlyList<EndPoint>> ResolveAsync(string host, int port, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
        return [.. addresses.Select(address => new IPEndPoint(address, port))];
    }
}
