using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using PodPool.Cli.CommandLine;
using PodPool.Cli.Local.Dapr;
using PodPool.Cli.Server;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;
using PodPool.Manager;
using PodPool.Router;
using Yarp.ReverseProxy.Forwarder;

namespace PodPool.Cli.Local;

/// <summary>Manager and router in this process, each what it is on a cluster, and talking as there; pods are processes of this machine.</summary>
internal sealed class LocalPlatform : IAsyncDisposable
{
    private const int DefaultWarm = 4;

    private static readonly TimeSpan PollPool = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(5);

    private readonly WebApplication _manager;
    private readonly WebApplication _router;
    private readonly LocalDapr? _dapr;
    private readonly ServerConnection _connection;
    private readonly TimeProvider _time;

    private LocalPlatform(string state, WebApplication manager, WebApplication router, LocalDapr? dapr, Uri address, TimeProvider time)
    {
        State = state;
        _manager = manager;
        _router = router;
        _dapr = dapr;
        _time = time;
        Address = address;
        Operator = SocketOf(state);
        _connection = ServerConnection.Open(new ServerAddress(Operator, "this platform"));
    }

    /// <summary>Where the router listens.</summary>
    public Uri Address { get; }

    /// <summary>The page of the manager; null: it has none.</summary>
    public Uri? Console => ManagerHost.ConsoleOf(_manager) is { } address ? new(address, "/console") : null;

    /// <summary>Where the manager listens.</summary>
    public string Operator { get; }

    /// <summary>The state folder.</summary>
    public string State { get; }

    /// <summary>Starts everything; pods start to become warm.</summary>
    /// <exception cref="CliException">The state folder or the address cannot be had, or an option is wrong.</exception>
    public static async Task<LocalPlatform> StartAsync(LocalOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var state = Path.GetFullPath(options.State);
        WebApplication? manager = null;
        WebApplication? router = null;
        LocalDapr? dapr = null;
        try
        {
            var listen = FreeAddress(options.Listen);
            var address = new Uri($"http://{listen}");
            manager = ManagerHost.Build(ManagerOptionsOf(options, state, address), builder => Configure(builder, options));
            await manager.StartAsync(cancellationToken).ConfigureAwait(false);
            router = RouterHost.Build(RouterOptionsOf(options, state, address), builder =>
            {
                Configure(builder, options);
                if (IPAddress.IsLoopback(listen.Address))
                {
                    builder.Services.AddSingleton<IStartupFilter>(services => new OperatorDoor(
                        SocketOf(state), services.GetRequiredService<IHttpForwarder>()));
                }
            });
            await StartRouterAsync(router, listen, cancellationToken).ConfigureAwait(false);
            dapr = options.Dapr is null
                ? null
                : await LocalDapr.StartAsync(options.Dapr, SocketOf(state), address, builder => Configure(builder, options), time, cancellationToken).ConfigureAwait(false);
            return new(state, manager, router, dapr, address, time);
        }
        catch (Exception exception)
        {
            await StopAsync(dapr).ConfigureAwait(false);
            await StopAsync(router).ConfigureAwait(false);
            await StopAsync(manager).ConfigureAwait(false);
            if (exception is ManagerOptionsException or ValidationException)
            {
                throw CliException.Failed(exception.Message, "another folder is named with --state DIR, another address with --listen URL or --console URL, another file with --access-log FILE", exception);
            }

            throw;
        }
    }

    /// <summary>Waits until the pool is full, and rehearses.</summary>
    /// <exception cref="CliException">Its pods do not start.</exception>
    public async Task UntilReadyAsync(int? warm, CancellationToken cancellationToken)
    {
        if (warm is { } wanted)
        {
            // A size from before is kept in the state folder; what the command line says now is newer.
            await _connection.Operator.ResizePoolAsync(new ResizePoolRequest { Pool = PoolOptions.DefaultName, Warm = wanted }, cancellationToken: cancellationToken);
        }

        if (_dapr is not null)
        {
            await _dapr.UntilReadyAsync(cancellationToken).ConfigureAwait(false);
        }

        if (await UntilWarmAsync(cancellationToken).ConfigureAwait(false) > 0)
        {
            await new LocalRehearsal(_connection.Operator, Address).RunAsync(cancellationToken).ConfigureAwait(false);
            await UntilWarmAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>The pods that are warm now.</returns>
    private async Task<int> UntilWarmAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await _connection.Operator.ListPoolsAsync(new ListPoolsRequest(), cancellationToken: cancellationToken);
            if (answer.Pools.All(pool => pool.Warm >= pool.Size || (pool.Max > 0 && pool.Warm + pool.Claimed + pool.Serving + pool.Draining >= pool.Max)))
            {
                return answer.Pools.Sum(pool => pool.Warm);
            }

            var degraded = answer.Pools.SelectMany(pool => pool.Conditions).FirstOrDefault(condition => condition is { Type: "Degraded", Status: true });
            if (degraded is not null)
            {
                throw CliException.Failed($"pods do not start: {degraded.Message}", $"their output is in '{Path.Combine(State, "logs")}'");
            }

            await Task.Delay(PollPool, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends the router (what is in flight gets its time), then the manager and every pod.</summary>
    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await StopAsync(_router).ConfigureAwait(false);

        // Instances that end their last requests may still call it.
        await StopAsync(_manager).ConfigureAwait(false);
        await StopAsync(_dapr).ConfigureAwait(false);
    }

    private static ManagerOptions ManagerOptionsOf(LocalOptions options, string state, Uri address) => new()
    {
        StateFolder = state,
        RuntimeFolder = PodRuntime.Folder,
        Listen = SocketOf(state),
        PublicAddress = address.GetLeftPart(UriPartial.Authority),
        Domain = options.Domain,
        Console = options.Console is { } console ? $"http://{console}" : null,
        Pools =
        [
            new PoolOptions
            {
                Warm = options.Warm ?? DefaultWarm,
                Size = new() { Auto = options.MissProbability is { } share ? new(share) : null },
                Max = options.Max,
                MemoryBytes = options.MemoryBytes,
            },
        ],
        ShutdownGrace = ShutdownTime,
    };

    private static RouterOptions RouterOptionsOf(LocalOptions options, string state, Uri address) => new()
    {
        Manager = SocketOf(state),
        Listen = [address.GetLeftPart(UriPartial.Authority)],
        Domains = options.Domain is { } domain ? ["localhost", domain] : ["localhost"],
        ShutdownTime = ShutdownTime,
        AccessLog = options.AccessLog,
    };

    private static string SocketOf(string state) => PodAddress.OfSocket(ManagerSocket.PathFor(state));

    private static void Configure(WebApplicationBuilder builder, LocalOptions options)
    {
        // This process has one owner of signals, and it is not the host.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Logging.SetMinimumLevel(options.Verbose ? LogLevel.Information : LogLevel.Warning);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.ColorBehavior = LoggerColorBehavior.Default;
        });
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    /// <summary>Finds out before anything is started whether the address can be had, and which port 0 stands for.</summary>
    private static IPEndPoint FreeAddress(IPEndPoint wanted)
    {
        using var probe = new Socket(wanted.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(wanted);
            probe.Listen();
            return (IPEndPoint)probe.LocalEndPoint!;
        }
        catch (SocketException exception)
        {
            throw Occupied(wanted, exception);
        }
    }

    private static async Task StartRouterAsync(WebApplication router, IPEndPoint listen, CancellationToken cancellationToken)
    {
        try
        {
            await router.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw Occupied(listen, exception);
        }
    }

    private static CliException Occupied(IPEndPoint listen, Exception exception) => CliException.Failed(
        $"cannot listen on http://{listen}: {exception.Message}",
        string.Create(CultureInfo.InvariantCulture, $"stop what uses port {listen.Port}, or choose another address, e.g. --listen http://127.0.0.1:{(listen.Port == 8080 ? 8081 : 8080)}"),
        exception);

    private static async Task StopAsync(WebApplication? app)
    {
        if (app is not null)
        {
            await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
            await app.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task StopAsync(LocalDapr? dapr)
    {
        if (dapr is not null)
        {
            await dapr.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
