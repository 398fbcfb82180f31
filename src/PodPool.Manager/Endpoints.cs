using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using PodPool.Contracts.Wire;
using PodPool.Manager.Doors;
using PodPool.Manager.Operations;
using PodPool.Manager.Routing;

namespace PodPool.Manager;

/// <summary>
/// Where a manager listens, and what is answered there. With one address both routers and operators come in by it. On a cluster operators have
/// an address of their own, which only who may forward the pod's ports reaches; a port says who may ask what, and at the other the caller's certificate does.
/// </summary>
internal static class Endpoints
{
    public static void Listen(WebApplicationBuilder builder, ManagerOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Http2.InitialStreamWindowSize = 4 << 20;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 8 << 20;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;

            // Watchers and routers stay for as long as they like, and say little.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            Listen(kestrel, PodAddress.Parse(options.Listen, out var tls), tls);
            if (options.Kubernetes is { } cluster)
            {
                Listen(kestrel, PodAddress.Parse(cluster.Operators), tls: false);
            }
        });
        builder.Services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = Bind);
    }

    public static void Map(WebApplication app, ManagerOptions options)
    {
        if (options.Kubernetes is { } cluster && PortOf(cluster.Operators) is { } operators)
        {
            app.UseRouting();
            app.Use((context, next) =>
            {
                if (context.GetEndpoint() is { } endpoint && !MayAsk(context.Connection, endpoint, operators, options.ListensOverTls))
                {
                    // Not found, as where it never was.
                    context.SetEndpoint(null);
                }

                return next(context);
            });
        }

        app.MapGrpcService<PoolService>().WithMetadata(new ForPeers(InstallationTls.RouterName));
        app.MapGrpcService<DoorService>().WithMetadata(new ForPeers(InstallationTls.DoorName));
        app.MapGrpcService<OperatorService>();
    }

    private static void Listen(KestrelServerOptions kestrel, EndPoint endPoint, bool tls)
    {
        if (endPoint is UnixDomainSocketEndPoint socket)
        {
            RemoveStale(socket);
            kestrel.ListenUnixSocket(socket.ToString()!, listen => listen.Protocols = HttpProtocols.Http2);
        }
        else
        {
            kestrel.Listen(endPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (tls)
                {
                    var security = kestrel.ApplicationServices.GetRequiredService<PeerSecurity>();
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(security.ForHandshake()) });
                }
            });
        }
    }

    private static bool MayAsk(ConnectionInfo connection, Endpoint endpoint, int operators, bool overTls)
        => endpoint.Metadata.GetMetadata<ForPeers>() is not { } peers ? connection.LocalPort == operators
            : connection.LocalPort != operators && (!overTls || InstallationTls.IsNamed(peers.Name, connection.ClientCertificate, SslPolicyErrors.None));

    private static int? PortOf(string address) => PodAddress.Parse(address) is IPEndPoint ip ? ip.Port : null;

    /// <summary>Nobody can connect before it listens, and it listens only after others were locked out.</summary>
    private static Socket Bind(EndPoint endPoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        if (endPoint is UnixDomainSocketEndPoint && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(endPoint.ToString()!, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return socket;
    }

    /// <summary>A manager that was killed leaves its socket behind.</summary>
    private static void RemoveStale(UnixDomainSocketEndPoint endPoint)
    {
        var path = endPoint.ToString()!;
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(endPoint);
        }
        catch (SocketException)
        {
            File.Delete(path);
            return;
        }

        throw new ManagerOptionsException($"somebody listens on '{path}' already: name another address, or stop that one");
    }

    /// <summary>What operators do not ask, but who has a certificate of this name.</summary>
    private sealed record ForPeers(string Name);
}
