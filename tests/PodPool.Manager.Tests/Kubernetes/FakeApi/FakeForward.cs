using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>
/// The server's end of a forwarded port (v4.channel.k8s.io): each message begins with its channel, 0 for bytes and 1 for an error; the first of either
/// is the port.
/// </summary>
internal static class FakeForward
{
    private const string Protocol = "v4.channel.k8s.io";

    public static async Task ServeAsync(HttpContext context, int port, EndPoint? target)
    {
        if (!context.WebSockets.IsWebSocketRequest || !context.WebSockets.WebSocketRequestedProtocols.Contains(Protocol))
        {
            throw new FakeApiError(400, "BadRequest", "Upgrade request required");
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync(Protocol);
        byte[] begin = [0, 0, 0];
        BinaryPrimitives.WriteUInt16LittleEndian(begin.AsSpan(1), (ushort)port);
        for (byte channel = 0; channel <= 1; channel++)
        {
            begin[0] = channel;
            await socket.SendAsync(begin, WebSocketMessageType.Binary, endOfMessage: true, context.RequestAborted);
        }

        using var connection = new Socket(target?.AddressFamily ?? AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(target ?? throw new SocketException((int)SocketError.ConnectionRefused), context.RequestAborted);
        }
        catch (SocketException exception)
        {
            byte[] error = [1, .. System.Text.Encoding.UTF8.GetBytes($"an error occurred forwarding {port}: {exception.Message}\n")];
            await socket.SendAsync(error, WebSocketMessageType.Binary, endOfMessage: true, context.RequestAborted);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
            return;
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        await Task.WhenAny(OutAsync(connection, socket, ending.Token), InAsync(socket, connection, ending.Token));
        await ending.CancelAsync();
        socket.Abort();
    }

    private static async Task OutAsync(Socket connection, WebSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 << 10];
        buffer[0] = 0;
        int read;
        while ((read = await connection.ReceiveAsync(buffer.AsMemory(1), cancellationToken)) > 0)
        {
            await socket.SendAsync(buffer.AsMemory(0, 1 + read), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
    }

    private static async Task InAsync(WebSocket socket, Socket connection, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 << 10];
        var isNew = true;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            for (var at = isNew ? 1 : 0; at < received.Count;)
            {
                at += await connection.SendAsync(buffer.AsMemory(at, received.Count - at), cancellationToken);
            }

            isNew = received.EndOfMessage;
        }
    }
}
