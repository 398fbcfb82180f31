using System.Net.WebSockets;
using System.Text;
using PodPool.Contracts.Wire;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>
/// A connection to a port of a pod, through a web socket of the API server. Each message begins with the channel that it belongs to: 0 is the
/// connection, 1 says why there is none; the first message of either is the port's number.
/// </summary>
/// <remarks>
/// The client library's own stream blocks a thread while it reads, and reads and writes of it wait for each other: HTTP/2, which always reads, would
/// never write.
/// </remarks>
internal sealed class ForwardedStream(WebSocket socket) : SequentialStream
{
    public const string Protocol = "v4.channel.k8s.io";

    /// <summary>Bytes of one message: what passes through API server and kubelet in one piece.</summary>
    private const int MaxMessage = 32 << 10;

    private const byte Data = 0;
    private const byte Error = 1;
    private const int PortBytes = 2;

    private readonly byte[] _incoming = new byte[64 << 10];
    private readonly byte[] _outgoing = new byte[1 + MaxMessage];
    private readonly SemaphoreSlim _write = new(1);
    private readonly int[] _portBytesLeft = [PortBytes, PortBytes];

    // The message that is being read: its channel, and what of it is not yet handed out.
    private int _channel = -1;
    private ReadOnlyMemory<byte> _rest;
    private StringBuilder? _error;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    /// <exception cref="IOException">The pod does not answer on that port, or the way to it broke.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0)
        {
            return 0;
        }

        while (_rest.Length == 0)
        {
            if (!await ReceiveAsync(cancellationToken).ConfigureAwait(false))
            {
                return 0;
            }
        }

        var length = Math.Min(buffer.Length, _rest.Length);
        _rest[..length].CopyTo(buffer);
        _rest = _rest[length..];
        return length;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _write.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _outgoing[0] = Data;
            while (buffer.Length > 0)
            {
                var length = Math.Min(buffer.Length, MaxMessage);
                buffer[..length].CopyTo(_outgoing.AsMemory(1));
                await socket.SendAsync(_outgoing.AsMemory(0, 1 + length), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken).ConfigureAwait(false);
                buffer = buffer[length..];
            }
        }
        catch (Exception exception) when (exception is WebSocketException or ObjectDisposedException)
        {
            throw new IOException($"the way to the pod broke: {exception.Message}", exception);
        }
        finally
        {
            _write.Release();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Receives a piece of a message, and takes it as its channel says.</summary>
    /// <returns>Whether there may be more.</returns>
    private async Task<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        ValueWebSocketReceiveResult received;
        try
        {
            received = await socket.ReceiveAsync(_incoming.AsMemory(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is WebSocketException or ObjectDisposedException)
        {
            throw new IOException($"the way to the pod broke: {exception.Message}", exception);
        }

        if (received.MessageType == WebSocketMessageType.Close)
        {
            return _error is null ? false : throw new IOException(_error.ToString());
        }

        var piece = _incoming.AsMemory(0, received.Count);
        if (_channel < 0 && piece.Length > 0)
        {
            _channel = piece.Span[0];
            piece = piece[1..];
        }

        Take(piece);
        var ended = received.EndOfMessage && _channel == Error && _error is not null;
        _channel = received.EndOfMessage ? -1 : _channel;
        return ended ? throw new IOException(_error!.ToString().Trim()) : true;
    }

    private void Take(Memory<byte> piece)
    {
        if (_channel is not (Data or Error))
        {
            return;
        }

        // The port, which is known here.
        var port = Math.Min(_portBytesLeft[_channel], piece.Length);
        _portBytesLeft[_channel] -= port;
        piece = piece[port..];
        if (_channel == Data)
        {
            _rest = piece;
        }
        else if (piece.Length > 0)
        {
            (_error ??= new()).Append(Encoding.UTF8.GetString(piece.Span));
        }
    }
}
