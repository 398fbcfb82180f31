using System.CommandLine;
using System.Net.Sockets;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Cli.Server;

/// <summary>An operator's connection to a manager; nothing is dialled before the first call.</summary>
internal sealed class ServerConnection : IDisposable
{
    private readonly GrpcChannel _channel;

    private ServerConnection(GrpcChannel channel, Cluster? cluster)
    {
        _channel = channel;
        Cluster = cluster;
        Operator = cluster is null ? new(channel) : new(channel.Intercept(new LeaderRetry(cluster.Leader, cluster.Time)));
    }

    public Operator.OperatorClient Operator { get; }

    /// <summary>The cluster that the manager is of; null: its functions are its own. What is an object there is changed there.</summary>
    public Cluster? Cluster { get; }

    /// <summary>The namespace of functions that are named without one.</summary>
    public string Namespace => Cluster?.Namespace ?? "default";

    /// <summary>Connects to the cluster or manager that the options, the environment or a running local platform names.</summary>
    public static ServerConnection Open(ParseResult arguments, Terminal terminal)
        => ClusterOptions.Find(arguments, terminal) is { } cluster ? Open(cluster) : Open(ServerAddress.Resolve(arguments.GetValue(CommonOptions.Server), terminal));

    /// <summary>Connects to the manager that leads in a cluster; the connection owns the cluster.</summary>
    public static ServerConnection Open(Cluster cluster)
    {
        var handler = Handler();

        // The leader may have to be found, and found again.
        handler.ConnectTimeout = TimeSpan.FromMinutes(1);
        handler.ConnectCallback = (_, cancellationToken) => cluster.Leader.ConnectAsync(cancellationToken);
        return new(GrpcChannel.ForAddress("http://podpool", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true }), cluster);
    }

    /// <summary>Connects to one manager.</summary>
    public static ServerConnection Open(ServerAddress address)
    {
        var handler = Handler();
        if (address.SocketPath is { } socket)
        {
            var endPoint = new UnixDomainSocketEndPoint(socket);
            handler.ConnectCallback = (_, cancellationToken) => PodAddress.ConnectAsync(endPoint, cancellationToken);
        }

        var channel = GrpcChannel.ForAddress(
            address.SocketPath is null ? address.Text : "http://podpool",
            new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        return new(channel, null);
    }

    public void Dispose()
    {
        _channel.Dispose();
        Cluster?.Dispose();
    }

    private static SocketsHttpHandler Handler() => new()
    {
        EnableMultipleHttp2Connections = true,
        KeepAlivePingDelay = TimeSpan.FromSeconds(30),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        UseProxy = false,
    };
}
