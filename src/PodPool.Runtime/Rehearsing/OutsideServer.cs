using System.Net;
using System.Net.Sockets;

namespace PodPool.Runtime.Rehearsing;

/// <summary>Something outside the pod for a rehearsed function to call: answers every connection once, over TCP as real ones are.</summary>
internal sealed class OutsideServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public OutsideServer()
    {
        _listener.Start();
        Url = new($"http://{_listener.LocalEndpoint}/");
    }

    public Uri Url { get; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var request = new byte[4096];
        while (!cancellationToken.IsCancellationRequested)
        {
            using var client = await _listener.AcceptTcpClientAsync(cancellationToken).ConfigureAwait(false);
            var stream = client.GetStream();
            if (await stream.ReadAsync(request, cancellationToken).ConfigureAwait(false) > 0)
            {
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray(), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => _listener.Dispose();
}
