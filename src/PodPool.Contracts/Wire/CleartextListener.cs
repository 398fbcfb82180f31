using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace PodPool.Contracts.Wire;

/// <summary>
/// HTTP/1.1 and HTTP/2 with prior knowledge on one cleartext endpoint. Kestrel takes HTTP/1.1 alone there (without TLS it
/// has no ALPN to ask: dotnet/aspnetcore#56984), but callers of gRPC and of plain HTTP expect one address.
/// </summary>
/// <remarks>
/// <code>
///   accept ── the endpoint's pipeline ── first bytes "PRI * HTTP/2.0…"? ──no──► Kestrel's HTTP/1.1
///                                                        └──────yes──────────► Kestrel's HTTP/2
/// </code>
/// The HTTP/2 half is the pipeline of a second endpoint that listens nowhere (<see cref="NowhereEndPoint"/>): Kestrel offers no
/// other way to build one. Nothing is copied; a connection pays one look at its first bytes.
/// </remarks>
public static class CleartextListener
{
    private const string NowhereMark = " (h2c)";

    /// <summary>RFC 9113, section 3.4.</summary>
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>What <see cref="ListenCleartext"/> needs of the transport. Call once for the server's services.</summary>
    public static IServiceCollection AddCleartextListener(this IServiceCollection services)
    {
        // The sockets too: Kestrel adds its own only where there is no transport yet, and this may be called before Kestrel's set-up.
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, SocketTransportFactory>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, NowhereListenerFactory>());
        return services;
    }

    /// <summary>Listens for HTTP/1.1 and h2c on one endpoint.</summary>
    public static void ListenCleartext(this KestrelServerOptions options, EndPoint endPoint)
    {
        ConnectionDelegate? http2 = null;
        options.Listen(new NowhereEndPoint(endPoint), listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.Use(next => http2 = next);
        });
        options.Listen(endPoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            var time = options.ApplicationServices.GetService<TimeProvider>() ?? TimeProvider.System;
            listen.Use(next => connection => DispatchAsync(connection, http1: next, http2!, options.Limits, time));
        });
    }

    /// <summary>
    /// Whether an address that the server says it listens at is one that can be called, and not the half of a pair that stands for no socket.
    /// </summary>
    public static bool IsRealAddress(string serverAddress) => !serverAddress.EndsWith(NowhereMark, StringComparison.Ordinal);

    /// <remarks>
    /// Until it has said which of the two it speaks, nobody but this method minds the connection: so it ends one that says nothing for
    /// as long as Kestrel lets an idle connection stay, one that began and does not go on for as long as Kestrel lets a request's head
    /// take, however it portions its bytes, and one that is silent when the server stops.
    /// </remarks>
    private static async Task DispatchAsync(
        ConnectionContext connection, ConnectionDelegate http1, ConnectionDelegate http2, KestrelServerLimits limits, TimeProvider time)
    {
        bool? isHttp2;
        try
        {
            var stopping = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
            using var patienceOver = new CancellationTokenSource(Timer(limits.KeepAliveTimeout), time);
            using var silent = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, stopping, patienceOver.Token);
            isHttp2 = await BeginsWithPrefaceAsync(
                connection.Transport.Input, begun: () => patienceOver.CancelAfter(Timer(limits.RequestHeadersTimeout)), silent.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ConnectionResetException or ConnectionAbortedException or OperationCanceledException)
        {
            return;
        }

        await (isHttp2 switch { true => http2(connection), false => http1(connection), null => Task.CompletedTask }).ConfigureAwait(false);
    }

    /// <summary>Kestrel's word for "never" is the longest time there is, which no timer takes.</summary>
    private static TimeSpan Timer(TimeSpan timeout) => timeout == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : timeout;

    /// <summary>Null: the connection ended before it said anything.</summary>
    private static async ValueTask<bool?> BeginsWithPrefaceAsync(PipeReader input, Action begun, CancellationToken closed)
    {
        var seen = 0;
        while (true)
        {
            var read = await input.ReadAsync(closed).ConfigureAwait(false);
            var buffer = read.Buffer;
            var length = (int)Math.Min(buffer.Length, Preface.Length);
            var matches = IsStartOfPreface(buffer.Slice(0, length));
            var undecided = matches && length < Preface.Length;

            // Examined only while more bytes are wanted: else the next reader would wait for bytes that are already here.
            input.AdvanceTo(buffer.Start, undecided ? buffer.End : buffer.Start);
            if (!undecided)
            {
                return matches;
            }

            if (seen == 0 && length > 0)
            {
                begun();
            }

            seen = length;
            if (read.IsCompleted || read.IsCanceled)
            {
                return length == 0 ? null : false;
            }
        }
    }

    private static bool IsStartOfPreface(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> first = stackalloc byte[(int)bytes.Length];
        bytes.CopyTo(first);
        return Preface.StartsWith(first);
    }

    /// <summary>An address that stands for no socket. It remembers whose other half it is, for logs.</summary>
    private sealed class NowhereEndPoint(EndPoint twin) : EndPoint
    {
        public override string ToString() => $"{twin}{NowhereMark}";
    }

    private sealed class NowhereListenerFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
    {
        public bool CanBind(EndPoint endpoint) => endpoint is NowhereEndPoint;

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
            => ValueTask.FromResult<IConnectionListener>(new NowhereListener(endpoint));
    }

    private sealed class NowhereListener(EndPoint endPoint) : IConnectionListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endPoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(_unbound.Task);

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound.TrySetResult(null);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
