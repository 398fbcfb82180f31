using System.Net;
using System.Net.Sockets;

namespace PodPool.Ports;

/// <summary>Ports of the loopback that nobody listens on, below those that systems give to connections: they stay free until somebody asks for them by number.</summary>
internal static class FreePorts
{
    private const int First = 12_000;
    private const int Count = 18_000;

    private static int _next = Environment.ProcessId * 50 % Count;

    public static int Next()
    {
        while (true)
        {
            var port = First + (Interlocked.Increment(ref _next) % Count);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's already.
            }
        }
    }
}
