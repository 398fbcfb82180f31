using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;
using PodPool.Manager.Claims;
using PodPool.Manager.Doors;
using PodPool.Manager.Functions;
using PodPool.Manager.Kubernetes;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Leading;
using PodPool.Manager.Loader;
using PodPool.Manager.Observability;
using PodPool.Manager.Operations;
using PodPool.Manager.Packages;
using PodPool.Manager.Platform;
using PodPool.Manager.Pools;
using PodPool.Manager.Processes;
using PodPool.Manager.Routing;
using PodPool.Manager.WebConsole;

namespace PodPool.Manager;

/// <summary>A manager as a host of its own: alone in a process, or beside a router.</summary>
public static class ManagerHost
{
    /// <summary>
    /// Builds a manager. When it has started it listens, has taken over the pods that an earlier one left, and fills its pools. It handles no
    /// signals: whoever runs it does. Stopping it ends its pods, unless <see cref="ManagerOptions.KeepPods"/>.
    /// </summary>
    /// <param name="options">How it is set up.</param>
    /// <param name="configure">More of the host: logging, telemetry. The manager logs nowhere by itself.</param>
    /// <exception cref="ManagerOptionsException">An option is not as it must be, or the state folder is in use.</exception>
    public static WebApplication Build(ManagerOptions options, Action<WebApplicationBuilder>? configure = null) => Build(options, null, configure);

    /// <summary>The same for a manager on a cluster, with what the managers of its installation share.</summary>
    internal static WebApplication Build(ManagerOptions options, InstallationSecret? installation, Action<WebApplicationBuilder>? configure)
    {
        options.Validate();
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = typeof(ManagerHost).Assembly.GetName().Name });
        var stateLock = StateLock.Take(options.StateFolder);
        try
        {
            builder.WebHost.UseKestrelCore();
            builder.Services.AddManager(options, stateLock);
            if (options.Kubernetes is { } cluster)
            {
                builder.Services.AddKubernetes(cluster, installation ?? throw new ArgumentNullException(nameof(installation)));
            }
            else
            {
                builder.Services.AddProcesses(options);
            }

            if (options.Console is not null)
            {
                builder.Services.AddConsole();
            }

            Endpoints.Listen(builder, options);
            configure?.Invoke(builder);
            var app = builder.Build();
            var services = app.Services;
            services.GetRequiredService<StateLock>();
            ManagerGauges.Observe(
                services.GetRequiredService<ManagerMetrics>().Meter, services.GetRequiredService<PoolSet>(), services.GetRequiredService<FunctionRegistry>(),
                services.GetRequiredService<Leadership>());
            Endpoints.Map(app, options);
            return app;
        }
        catch
        {
            stateLock.Dispose();
            throw;
        }
    }

    /// <summary>Where a started manager listens: as in its options, with the port that a port 0 became.</summary>
    public static string AddressOf(WebApplication manager)
    {
        var address = manager.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return address.StartsWith("http://unix:", StringComparison.Ordinal) ? address["http://".Length..] : address;
    }

    /// <summary>Where the console of a started manager is: as in its options, with the port that a port 0 became; null: it has none.</summary>
    public static Uri? ConsoleOf(WebApplication manager) => manager.Services.GetService<ConsoleServer>()?.Address;

    private static void AddManager(this IServiceCollection services, ManagerOptions options, StateLock stateLock)
    {
        services.AddRoutingCore();
        services.AddLogging();
        services.AddMetrics();
        services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = 8 << 20);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownGrace + options.KillAfter + TimeSpan.FromSeconds(15));

        // By a factory, so that the container disposes it; it does so last, as it is asked for first.
        services.AddSingleton(_ => stateLock);
        services.AddSingleton(options);

        services.AddSingleton<PackageStore>();
        services.AddSingleton(provider => new FileCache(provider.GetRequiredService<PackageStore>(), options.FileCacheBytes));
        services.AddSingleton<FunctionRegistry>();
        services.AddSingleton<PackageChecks>();
        services.AddSingleton<RevisionCache>();
        services.AddSingleton<ProfileStore>();

        services.AddSingleton<PodDirectory>();
        services.AddSingleton<ClaimRunner>();
        services.AddSingleton<PoolSizes>();
        services.AddSingleton<PoolSet>();
        services.AddSingleton<Prefetcher>();

        services.AddSingleton<DoorHub>();
        services.AddSingleton<DoorClaims>();
        services.AddSingleton<DoorService>();

        services.AddSingleton<RouterHub>();
        services.AddSingleton<Routes>();
        services.AddSingleton<EventJournal>();
        services.AddSingleton<Deployer>();
        services.AddSingleton(_ => new InstallationRegistry(options.Kubernetes?.Registry, options.Kubernetes?.RegistryCredentials));
        services.AddSingleton<PackagePublisher>();
        services.AddSingleton<FunctionView>();
        services.AddSingleton<LogReader>();
        services.AddSingleton<PoolService>();
        services.AddSingleton<OperatorService>();
        services.AddSingleton(provider => new ManagerMetrics(provider.GetRequiredService<IMeterFactory>(), ManagerMetrics.MeterName));
        services.AddHostedService<ManagerLife>();
    }

    /// <summary>Pods are processes of this machine, functions are files of the state folder, and nobody else leads.</summary>
    private static void AddProcesses(this IServiceCollection services, ManagerOptions options)
    {
        services.AddSingleton<FunctionFolder>();
        services.AddSingleton(_ => ClaimKey.Open(options.StateFolder));
        services.TryAddSingleton<IPodPlatform, ProcessPlatform>();
        services.TryAddSingleton<ILoaderSecurity, NoLoaderSecurity>();
        services.TryAddSingleton(_ => Leadership.Always());
        services.TryAddSingleton(LeaderFence.Open);
        services.AddSingleton<LearntSizes>();
        services.AddSingleton<ILeading, LeadsAlone>();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
