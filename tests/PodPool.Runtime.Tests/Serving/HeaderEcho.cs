using System.Net;
using System.Net.Sockets;

namespace PodPool.Runtime.Tests.Serving;

/// <summary>A server that answers with one header of the request.</summary>
internal sealed class HeaderEcho : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public HeaderEcho(string header)
    {
        _listener.Start();
        Url = $"http://{_listener.LocalEndpoint}/";
        Served = ServeAsync(header);
    }

    public string Url { get; }

    /// <summary>Ends when the one request was answered.</summary>
    public Task Served { get; }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(string header)
    {
        using var client = await _listener.AcceptTcpClientAsync();
        using var reader = new StreamReader(client.GetStream(), leaveOpen: true);
        var value = "";
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            if (line.StartsWith(header + ":", StringComparison.OrdinalIgnoreCase))
            {
                value = line[(header.Length + 1)..].Trim();
            }
        }

        await using var writer = new StreamWriter(client.GetStream());
        await writer.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {value.Length}\r\nConnection: close\r\n\r\n{value}");
    }
}
