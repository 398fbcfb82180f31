using System.Net;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using PodPool.DaprStandIn.Apps;
using PodPool.DaprStandIn.Bindings;
using PodPool.DaprStandIn.Components;
using PodPool.DaprStandIn.Configuration;
using PodPool.DaprStandIn.Grpc;
using PodPool.DaprStandIn.Http;
using PodPool.DaprStandIn.Invocation;
using PodPool.DaprStandIn.Locks;
using PodPool.DaprStandIn.PubSub;
using PodPool.DaprStandIn.Secrets;
using PodPool.DaprStandIn.State;

namespace PodPool.DaprStandIn;

/// <summary>The process: its components, both its servers, and its application.</summary>
internal static class Daprd
{
    /// <summary>Runs until somebody asks it to end.</summary>
    /// <param name="flags">What it was started with.</param>
    /// <param name="say">Prints a line.</param>
    /// <param name="runtime">What ends it.</param>
    /// <exception cref="FormatException">A component cannot be made.</exception>
    public static async Task RunAsync(Flags flags, Action<string> say, RuntimeState runtime)
    {
        var clock = TimeProvider.System;
        var apiToken = Variable("DAPR_API_TOKEN");
        var builder = Builder(flags);
        using var loggers = LoggerFactory.Create(logging => Logging(logging, flags));
        var (sources, declared) = ResourceFiles.Read(flags.ResourcesPaths);
        var components = await new ComponentMaker(flags.AppId, clock, loggers).MakeAsync(sources);

        using var app = App(flags);
        var peers = flags.Peers.ToDictionary(peer => peer.Key, IApp (peer) => new HttpApp(peer.Value.ToString().TrimEnd('/')));
        var publish = new PublishApi(components, flags.AppId, clock);
        var subscriptions = new Subscriptions(components, publish, clock, loggers);
        var state = new StateApi(components, flags.AppId);
        var bindings = new BindingApi(components);
        var secrets = new SecretApi(components);
        var locks = new LockApi(components);
        var configuration = new ConfigurationApi(components);
        var invoke = new InvokeApi(flags.AppId, app, peers);
        var metadata = new MetadataApi(flags, components, subscriptions, runtime);

        builder.Services.AddSingleton(new ErrorInterceptor(apiToken));
        builder.Services.AddGrpc(options => options.Interceptors.Add<ErrorInterceptor>());
        builder.Services.AddSingleton(new DaprService(
            new(state), new(publish), new(configuration, runtime), new(invoke), new(subscriptions, runtime, flags.GracefulShutdown), bindings, secrets, locks, metadata, runtime));
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<DaprService>, DaprMethods>());
        await using var server = builder.Build();
        var http = new HttpApi(
            apiToken, flags.DecodeParametersTwice, new(state), new(publish), new(bindings, secrets, locks, metadata, runtime, flags.AppId), new(configuration, app), new(invoke));
        server.Use((context, next) => HttpProtocol.IsHttp2(context.Request.Protocol) ? next(context) : http.HandleAsync(context));
        server.UseRouting();
        server.MapGrpcService<DaprService>();
        await server.StartAsync();
        runtime.IsOutboundReady = true;
        Announce(server, say);

        using var ending = new CancellationTokenSource();
        using var watch = app is null ? null : new AppWatch(flags, app, components, declared, subscriptions, clock, loggers.CreateLogger("dapr.runtime"));
        var serving = ServeAsync(flags, say, runtime, watch, clock, ending.Token);
        await runtime.Asked;
        runtime.IsReady = false;
        await ending.CancelAsync();
        await serving;
        await (watch?.StopAsync() ?? Task.CompletedTask);
        await runtime.EndAsync();
        await StopAsync(server, flags.GracefulShutdown);
        foreach (var peer in peers.Values)
        {
            peer.Dispose();
        }
    }

    private static async Task StopAsync(WebApplication server, TimeSpan grace)
    {
        using var patience = new CancellationTokenSource(grace);
        try
        {
            await server.StopAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // What is still under way is cut off.
        }
    }

    private static async Task ServeAsync(Flags flags, Action<string> say, RuntimeState runtime, AppWatch? watch, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            if (watch is not null)
            {
                say($"application protocol: {flags.AppProtocol}. waiting on port {flags.AppPort}. This will block until the app is listening on that port.");
                await AppPort.WaitAsync(flags.AppChannelAddress, flags.AppPort, clock, cancellationToken);
                say($"application discovered on port {flags.AppPort}");
                if (!flags.AppHealthCheck)
                {
                    await watch.StartAsync(cancellationToken);
                }
            }

            runtime.IsReady = true;
            say("dapr initialized. Status: Running.");
            await (watch is not null && flags.AppHealthCheck ? watch.WatchAsync(cancellationToken) : Task.CompletedTask);
        }
        catch (OperationCanceledException)
        {
            // Asked to end.
        }
        catch
        {
            runtime.Ask();
            throw;
        }
    }

    private static IApp? App(Flags flags)
    {
        var token = Variable("APP_API_TOKEN");
        var host = $"http://{(flags.AppChannelAddress.Contains(':', StringComparison.Ordinal) ? $"[{flags.AppChannelAddress}]" : flags.AppChannelAddress)}:{flags.AppPort}";
        return flags.AppPort == 0 ? null
            : flags.AppProtocol == "grpc" ? new GrpcApp(host, token, flags.AppMaxConcurrency)
            : new HttpApp(host, token, flags.AppMaxConcurrency, flags.AppHealthCheckPath);
    }

    private static WebApplicationBuilder Builder(Flags flags)
    {
        var builder = WebApplication.CreateSlimBuilder();
        Logging(builder.Logging, flags);

        // Signals are this process's own business: events under way end before the servers do.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = null;
            foreach (var address in flags.ListenAddresses)
            {
                var ip = address == "localhost" ? IPAddress.Loopback : IPAddress.Parse(address.Trim('[', ']'));
                options.Listen(ip, flags.HttpPort, listen => listen.Protocols = HttpProtocols.Http1);
                options.Listen(ip, flags.GrpcPort, listen => listen.Protocols = HttpProtocols.Http2);
            }
        });
        return builder;
    }

    private static void Logging(ILoggingBuilder logging, Flags flags)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console => console.SingleLine = true);
        logging.SetMinimumLevel(flags.LogLevel switch
        {
            "debug" => LogLevel.Debug,
            "warn" => LogLevel.Warning,
            "error" or "fatal" => LogLevel.Error,
            _ => LogLevel.Information,
        });
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Grpc", LogLevel.Critical);
    }

    /// <remarks>The addresses are in the order in which they were listened on: for HTTP and for gRPC by turns.</remarks>
    private static void Announce(WebApplication server, Action<string> say)
    {
        var addresses = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address)).ToList();
        say($"HTTP server is running on port {addresses[0].Port}");
        say($"API gRPC server is running on port {addresses[1].Port}");
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
