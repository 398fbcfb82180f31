using System.Net;
using System.Net.Sockets;
using PodPool.Contracts.Wire;

namespace PodPool.Router.Instances;

/// <summary>The connections to one instance; made when the first request needs one.</summary>
internal sealed class PodConnections : IDisposable
{
    /// <summary>A pod's server closes idle connections after 130 s: this closes them first, so none is used just as it ends.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(60);

    private readonly EndPoint _endPoint;
    private readonly TimeSpan _connectTimeout;
    private readonly TimeProvider _time;

    public PodConnections(string address, TimeSpan connectTimeout, TimeProvider time)
    {
        _endPoint = PodAddress.Parse(address);
        _connectTimeout = connectTimeout;
        _time = time;
        Client = new(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = IdleTimeout,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,

            // The trace context is the exchange's to write: another look at every request would only cost.
            ActivityHeadersPropagator = null,
        });
    }

    public PodClient Client { get; }

    public void Dispose() => Client.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(_connectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            var stream = await PodAddress.ConnectAsync(_endPoint, either.Token).ConfigureAwait(false);

            // HTTP/2 says itself which requests a closing peer did not begin; HTTP/1.1 does not.
            return context.InitialRequestMessage.Version.Major == 1 ? new OneTryStream(stream) : stream;
        }
        catch (SocketException exception)
        {
            throw new DialException($"{_endPoint} cannot be reached: {exception.SocketErrorCode}", exception);
        }
        catch (OperationCanceledException exception) when (late.IsCancellationRequested)
        {
            throw new DialException($"{_endPoint} did not answer within {_connectTimeout.TotalSeconds} s", exception);
        }
    }
}

/// <summary>No connection: so nothing of the request was sent.</summary>
internal sealed class DialException(string message, Exception inner) : IOException(message, inner);
