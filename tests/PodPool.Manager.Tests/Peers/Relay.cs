using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PodPool.Manager.Tests.Peers;

/// <summary>A wire to a port, which can be cut.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentBag<Socket> _open = [];
    private readonly Task _accepting;

    public Relay(EndPoint target)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync(target);
    }

    public EndPoint EndPoint => _listener.LocalEndPoint!;

    /// <summary>How many connections were made.</summary>
    public int Connections { get; private set; }

    /// <summary>Ends every connection; new ones are taken.</summary>
    public void Cut()
    {
        while (_open.TryTake(out var socket))
        {
            socket.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Cut();
    }

    private async Task AcceptAsync(EndPoint target)
    {
        while (true)
        {
            var near = await _listener.AcceptAsync();
            Connections++;
            var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _open.Add(near);
            _open.Add(far);
            _ = CarryAsync(near, far, target);
        }
    }

    private static async Task CarryAsync(Socket near, Socket far, EndPoint target)
    {
        try
        {
            await far.ConnectAsync(target);
            await using var one = new NetworkStream(near, ownsSocket: true);
            await using var other = new NetworkStream(far, ownsSocket: true);
            await Task.WhenAny(one.CopyToAsync(other), other.CopyToAsync(one));
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            // Cut, or nobody listens.
            near.Dispose();
        }
    }
}
