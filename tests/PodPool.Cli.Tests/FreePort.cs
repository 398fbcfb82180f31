using System.Net;
using System.Net.Sockets;

namespace PodPool.Cli.Tests;

/// <summary>A port for a process that cannot say which one it took.</summary>
internal static class FreePort
{
    /// <summary>One that nobody used a moment ago.</summary>
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
