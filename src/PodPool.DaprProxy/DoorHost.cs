using System.Net;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.DaprProxy.Access;
using PodPool.DaprProxy.Callers;
using PodPool.DaprProxy.Daprd;
using PodPool.DaprProxy.Grpc;
using PodPool.DaprProxy.Http;
using PodPool.DaprProxy.Inbound;
using PodPool.DaprProxy.Managing;
using PodPool.Following;
using Yarp.ReverseProxy.Forwarder;

namespace PodPool.DaprProxy;

/// <summary>Puts a door together.</summary>
public static class DoorHost
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    /// <summary>A door that is ready to be started.</summary>
    /// <param name="options">How it is set up.</param>
    /// <param name="configure">What else the process wants: its logging, its metrics.</param>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">An option is outside what is allowed.</exception>
    public static WebApplication Build(DoorOptions options, Action<WebApplicationBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = typeof(DoorHost).Assembly.GetName().Name });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Logging.AddFilter("Yarp", LogLevel.None);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);
        AddDoor(builder.Services, options);
        configure?.Invoke(builder);

        var app = builder.Build();
        app.Services.GetRequiredService<DoorMetrics>().TellWhether(() => TroubleOf(app) is null);
        if (options.AppEndPoint is { Port: var port })
        {
            var bindings = app.Services.GetRequiredService<InputBindings>();
            app.MapWhen(context => context.Connection.LocalPort == port, branch => branch.Run(bindings.HandleAsync));
        }

        app.UseRouting();
        app.MapGrpcService<DaprService>();
        app.MapFallback("{**path}", app.Services.GetRequiredService<HttpDoor>().HandleAsync);
        return app;
    }

    /// <summary>Why a built door is of no use now; null: it is.</summary>
    public static string? TroubleOf(WebApplication door)
    {
        ArgumentNullException.ThrowIfNull(door);
        return door.Services.GetRequiredService<ICallers>().Key is null ? "no manager told yet who may call" : door.Services.GetRequiredService<DaprdWatch>().State.Trouble;
    }

    private static void Listen(KestrelServerOptions kestrel, DoorOptions options)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;

        // Bodies of any length at any pace are between function and daprd; those that the door has to read have a limit of their own.
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.Http2.MaxStreamsPerConnection = 1_000;
        foreach (var address in options.Listen.Concat(options.App is { } app ? [app] : []))
        {
            kestrel.ListenCleartext(PodAddress.Parse(address));
        }
    }

    private static void AddDoor(IServiceCollection services, DoorOptions options)
    {
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddRoutingCore();
        services.AddCleartextListener();
        services.AddHttpForwarder();
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = options.MaxBody;
            grpc.MaxSendMessageSize = null;
        });
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<DaprService>, DaprMethods>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<DaprService>, PassedMethods>());

        services.AddSingleton<DoorMetrics>();
        services.AddSingleton<InstanceBook>();
        services.AddSingleton<ICallers>(provider => provider.GetRequiredService<InstanceBook>());
        services.AddSingleton<Authenticator>();
        services.AddSingleton(_ => new InFlightLimit(options.CallsPerFunction));
        services.AddSingleton<Gate>();
        services.AddSingleton(provider => new HttpDoor(
            new(options.DaprdHttp, options.DaprdToken, options.Router, options.MaxBody), provider.GetRequiredService<Gate>(), provider.GetRequiredService<ICallers>(),
            provider.GetRequiredService<IHttpForwarder>()));
        services.AddSingleton(_ => ChannelTo(options.DaprdGrpc));
        services.AddSingleton(_ => new FunctionInvocation(options.Router, options.MaxBody));
        services.AddSingleton(provider => new DaprService(
            provider.GetRequiredService<Gate>(), provider.GetRequiredService<GrpcChannel>().CreateCallInvoker(), options.DaprdToken,
            provider.GetRequiredService<ICallers>(), provider.GetRequiredService<FunctionInvocation>()));
        services.AddSingleton<DaprdWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<DaprdWatch>());
        services.AddSingleton(_ => new FunctionCaller(options.Router));
        services.AddSingleton<BulkDelivery>();
        services.AddSingleton<HandledEvents>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<EventDelivery>(provider, provider.GetRequiredService<GrpcChannel>().CreateCallInvoker()));
        services.AddSingleton<InputBindings>();
        services.AddHostedService<TopicStreams>();
        services.AddHostedService<DoorRehearsal>();
        services.AddManagers<DoorFollower, DoorMessage, DoorUpdate>(options.Managers);
    }

    /// <remarks>
    /// A call finds out at once that nobody is there, and the next one tries anew: with a way to connect of our own the channel does not count failures, after
    /// which it would let nobody try for up to two minutes.
    /// </remarks>
    private static GrpcChannel ChannelTo(Uri daprd) => GrpcChannel.ForAddress(daprd, new()
    {
        MaxReceiveMessageSize = null,
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = ConnectTimeout,
            ConnectCallback = (context, cancellationToken) => PodAddress.ConnectAsync(context.DnsEndPoint, cancellationToken),
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        },
    });
}
