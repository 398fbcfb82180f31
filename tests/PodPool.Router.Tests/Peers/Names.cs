using System.Net;
using System.Net.Sockets;
using PodPool.Contracts.Wire;
using PodPool.Following;

namespace PodPool.Router.Tests.Peers;

/// <summary>Names that stand for what the test says.</summary>
internal sealed class Names : INameResolver
{
    private volatile IReadOnlyList<EndPoint>? _addresses = [];

    /// <summary>Every question, with how many answers there were; none: it failed.</summary>
    public Events<(string Host, int Port, int? Found)> Asked { get; } = new();

    /// <summary>From now on they stand for these.</summary>
    public void Are(params string[] addresses) => _addresses = [.. addresses.Select(PodAddress.Parse)];

    /// <summary>From now on nobody can say.</summary>
    public void Fail() => _addresses = null;

    public Task<IReadOnlyList<EndPoint>> ResolveAsync(string host, int port, CancellationToken cancellationToken)
    {
        var addresses = _addresses;
        Asked.Add((host, port, addresses?.Count));
        return addresses is null ? throw new SocketException((int)SocketError.TryAgain) : Task.FromResult(addresses);
    }
}
