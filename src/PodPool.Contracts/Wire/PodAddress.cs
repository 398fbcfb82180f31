using System.Net;
using System.Net.Sockets;

namespace PodPool.Contracts.Wire;

/// <summary>Where something listens, as it stands in contracts and options: <c>unix:/path</c> or <c>http://host:port</c>.</summary>
public static class PodAddress
{
    private const string Unix = "unix:";
    private static readonly TimeSpan BacklogPause = TimeSpan.FromMilliseconds(1);

    /// <summary>The socket address.</summary>
    /// <exception cref="FormatException">It is neither of the two forms, or the host is no IP address.</exception>
    public static EndPoint Parse(string address)
    {
        if (address.StartsWith(Unix, StringComparison.Ordinal) && address.Length > Unix.Length)
        {
            return new UnixDomainSocketEndPoint(address[Unix.Length..]);
        }

        if (Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttp)
        {
            var host = uri.Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) ? ip : null;
            if (host is not null)
            {
                return new IPEndPoint(host, uri.Port);
            }
        }

        throw new FormatException($"'{address}' is no address: write unix:/path or http://host:port, the host as an IP address");
    }

    /// <summary>The address of a Unix socket.</summary>
    public static string OfSocket(string path) => Unix + path;

    /// <summary>A connected stream to an address; for <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <remarks>
    /// A Unix socket whose listener has a full backlog refuses at once with EAGAIN, where TCP lets the caller wait; here both wait, until
    /// <paramref name="cancellationToken"/> ends it.
    /// </remarks>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async ValueTask<Stream> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        while (true)
        {
            var socket = endPoint is UnixDomainSocketEndPoint
                ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
                : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock && endPoint is UnixDomainSocketEndPoint)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            await Task.Delay(BacklogPause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }
}
