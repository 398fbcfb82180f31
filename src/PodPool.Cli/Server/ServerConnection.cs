using System.Net.Sockets;
using Grpc.Net.Client;
using PodPool.Cli.CommandLine;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Cli.Server;

/// <summary>An operator's connection to a manager; nothing is dialled before the first call.</summary>
internal sealed class ServerConnection : IDisposable
{
    private readonly GrpcChannel _channel;

    private ServerConnection(ServerAddress address, GrpcChannel channel)
    {
        Address = address;
        _channel = channel;
        Operator = new(channel);
    }

    public ServerAddress Address { get; }

    public Operator.OperatorClient Operator { get; }

    /// <summary>Connects to the manager that the option, the environment or a running local platform names.</summary>
    public static ServerConnection Open(string? option, Terminal terminal) => Open(ServerAddress.Resolve(option, terminal));

    /// <inheritdoc cref="Open(string?, Terminal)"/>
    public static ServerConnection Open(VerbContext context) => Open(context.Get(CommonOptions.Server), context.Terminal);

    /// <summary>Connects to one manager.</summary>
    public static ServerConnection Open(ServerAddress address)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            UseProxy = false,
        };
        if (address.SocketPath is { } socket)
        {
            var endPoint = new UnixDomainSocketEndPoint(socket);
            handler.ConnectCallback = (_, cancellationToken) => PodAddress.ConnectAsync(endPoint, cancellationToken);
        }

        var channel = GrpcChannel.ForAddress(
            address.SocketPath is null ? address.Text : "http://podpool",
            new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        return new(address, channel);
    }

    public void Dispose() => _channel.Dispose();
}
