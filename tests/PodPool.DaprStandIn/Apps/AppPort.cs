using System.Net.Sockets;

namespace PodPool.DaprStandIn.Apps;

/// <summary>Waits for an application that is not there yet, as daprd does (dapr/dapr pkg/runtime/runtime.go, blockUntilAppIsReady).</summary>
internal static class AppPort
{
    public static async Task WaitAsync(string host, int port, TimeProvider clock, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(host, port, cancellationToken);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancellationToken);
            }
        }
    }
}
