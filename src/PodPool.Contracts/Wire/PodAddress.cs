using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PodPool.Contracts.Wire;

/// <summary>
/// Where something listens, as it stands in contracts and options: <c>unix:/path</c> or <c>http://host:port</c>, and <c>https://host:port</c>
/// where TLS may be meant.
/// </summary>
public static class PodAddress
{
    private const string Cleartext = "unix:/path or http://host:port";
    private const string Unix = "unix:";
    private const string Http = "http://";
    private const string Https = "https://";
    private static readonly TimeSpan BacklogPause = TimeSpan.FromMilliseconds(1);

    /// <summary>How long the path of a Unix socket may be on this system: bytes of UTF-8, its final zero not counted.</summary>
    /// <remarks><c>sun_path</c> has 108 bytes on Linux and Windows, 104 on the systems that come from BSD.</remarks>
    public static int LongestSocketPath { get; } = OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD() ? 103 : 107;

    /// <summary>The socket address of what speaks no TLS.</summary>
    /// <exception cref="FormatException">It is neither of the two forms; the message says what is wrong with it.</exception>
    public static EndPoint Parse(string address)
        => address.StartsWith(Https, StringComparison.OrdinalIgnoreCase)
            ? throw Wrong(address, "there is no TLS here", Cleartext)
            : Parse(address, Cleartext, out _);

    /// <summary>The socket address of what may speak TLS.</summary>
    /// <param name="address">One of the three forms.</param>
    /// <param name="tls">Whether it speaks TLS.</param>
    /// <exception cref="FormatException">It is none of the three forms; the message says what is wrong with it.</exception>
    public static EndPoint Parse(string address, out bool tls)
        => Parse(address, "unix:/path, http://host:port or https://host:port", out tls);

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

    private static EndPoint Parse(string address, string forms, out bool tls)
    {
        tls = address.StartsWith(Https, StringComparison.OrdinalIgnoreCase);
        if (address.StartsWith(Unix, StringComparison.Ordinal) && address.Length > Unix.Length)
        {
            return SocketAt(address[Unix.Length..], address, forms);
        }

        return (tls || address.StartsWith(Http, StringComparison.OrdinalIgnoreCase)) && Uri.TryCreate(address, UriKind.Absolute, out var uri)
            ? PortAt(uri, address, forms)
            : throw Wrong(address, tls ? "it names no host" : "it is neither a socket nor http", forms);
    }

    private static UnixDomainSocketEndPoint SocketAt(string path, string address, string forms)
    {
        var length = Encoding.UTF8.GetByteCount(path);
        return length <= LongestSocketPath
            ? new(path)
            : throw Wrong(address, $"the path has {length} bytes, and that of a Unix socket may have {LongestSocketPath}", forms);
    }

    /// <remarks>By what was written: a <see cref="Uri"/> takes 80 or 443 for no port, and has no word for an empty user or query.</remarks>
    private static IPEndPoint PortAt(Uri uri, string address, string forms)
    {
        var written = address.AsSpan(uri.Scheme.Length + Uri.SchemeDelimiter.Length);
        var end = written.IndexOfAny("/?#");
        var authority = end < 0 ? written : written[..end];
        var rest = written[authority.Length..];
        var host = uri.Host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) ? ip : null;
        var fault =
            authority.Contains('@') ? "it has a user in it"
            : rest.Contains('#') ? "it has a fragment"
            : rest.Contains('?') ? "it has a query"
            : uri.AbsolutePath != "/" ? "it has a path"
            : host is null ? $"the host '{uri.Host}' is no IP address"
            : !char.IsAsciiDigit(authority[^1]) || authority.LastIndexOf(':') <= authority.LastIndexOf(']') ? "it has no port"
            : null;
        return fault is null ? new(host!, uri.Port) : throw Wrong(address, fault, forms);
    }

    private static FormatException Wrong(string address, string fault, string forms)
        => new($"'{address}' is no address, {fault}: write {forms}, the host as an IP address");
}
