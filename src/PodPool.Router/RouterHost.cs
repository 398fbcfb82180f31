using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Following;
using PodPool.Router.AccessLogging;
using PodPool.Router.Holding;
using PodPool.Router.Managing;
using PodPool.Router.Routing;

namespace PodPool.Router;

/// <summary>Puts a router together.</summary>
public static class RouterHost
{
    /// <summary>Callers come in thousands at once; one that does not fit waits a second before it tries again.</summary>
    private const int Backlog = 4096;

    /// <summary>A router that is ready to be started.</summary>
    /// <param name="options">How it is set up.</param>
    /// <param name="configure">What else the process wants: its logging, its metrics.</param>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">An option is outside what is allowed.</exception>
    public static WebApplication Build(RouterOptions options, Action<WebApplicationBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();

        // Nothing stands between the server and the handler: no routing, no host filter, no diagnostics of each request.
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = typeof(RouterHost).Assembly.GetName().Name });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, options));
        AddLogging(builder.Logging);
        AddRouter(builder.Services, options);
        configure?.Invoke(builder);

        var app = builder.Build();
        app.Services.GetRequiredService<RouterMetrics>().CountRequestsOf(app.Services.GetRequiredService<RouteBook>());
        app.Services.GetRequiredService<Shutdown>().Watch();
        app.Run(app.Services.GetRequiredService<RequestHandler>().HandleAsync);
        return app;
    }

    /// <summary>Where a started router listens: <c>http://ip:port</c> or <c>unix:/path</c>, the ports that were free filled in.</summary>
    public static IReadOnlyList<string> AddressesOf(WebApplication router)
    {
        ArgumentNullException.ThrowIfNull(router);
        var addresses = ((IApplicationBuilder)router).ServerFeatures.Get<IServerAddressesFeature>()?.Addresses ?? [];
        return [.. addresses.Where(CleartextListener.IsRealAddress).Select(address => address.Replace("http://unix:", "unix:", StringComparison.Ordinal))];
    }

    private static void Listen(KestrelServerOptions kestrel, RouterOptions options)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;

        // Bodies of any length at any pace are between caller and function.
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.MaxRequestBufferSize = options.BodyBuffer;
        limits.Http2.InitialStreamWindowSize = options.BodyBuffer;
        limits.Http2.MaxStreamsPerConnection = 1_000;
        foreach (var address in options.Listen)
        {
            kestrel.ListenCleartext(PodAddress.Parse(address));
        }
    }

    private static void AddLogging(ILoggingBuilder logging)
    {
        // What went wrong with a request is said once, by the handler that knows what it means.
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddFilter("Yarp", LogLevel.None);
    }

    private static void AddRouter(IServiceCollection services, RouterOptions options)
    {
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownDelay + options.ShutdownTime);
        services.Configure<SocketTransportOptions>(sockets =>
        {
            sockets.Backlog = Backlog;
            sockets.MaxReadBufferSize = options.BodyBuffer;
        });
        services.AddMetrics();
        services.AddCleartextListener();
        services.AddHttpForwarder();

        services.TryAddSingleton<RouterMetrics>();
        services.AddSingleton<HoldLimits>();
        services.AddSingleton<ManagerLink>();
        services.AddSingleton<IManager>(provider => provider.GetRequiredService<ManagerLink>());
        services.AddSingleton<RouteBook>();
        services.AddSingleton<RequestHandler>();
        if (options.AccessLog is { } path)
        {
            var writer = AccessLog.Open(path);
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<AccessLog>(provider, writer));
            services.AddHostedService(provider => provider.GetRequiredService<AccessLog>());
        }

        services.AddSingleton<Shutdown>();
        services.AddHostedService(provider => provider.GetRequiredService<Shutdown>());
        services.AddManagers<RouterFollower, RouterMessage, RouteUpdate>(options.Managers);
    }
}
