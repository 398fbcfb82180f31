using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PodPool.Cli.CommandLine;
using PodPool.DaprProxy;

namespace PodPool.Cli.Local.Dapr;

/// <summary>A daprd beside the platform, and the door that leads to it.</summary>
internal sealed class LocalDapr : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly DaprdProcess _daprd;
    private readonly WebApplication _door;
    private readonly TimeProvider _time;

    private LocalDapr(DaprdProcess daprd, WebApplication door, TimeProvider time) => (_daprd, _door, _time) = (daprd, door, time);

    /// <summary>Starts both.</summary>
    /// <param name="options">What is wanted of Dapr.</param>
    /// <param name="manager">Where the manager listens.</param>
    /// <param name="router">Where the router will listen.</param>
    /// <param name="configure">The host's logging.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="CliException">daprd cannot be started.</exception>
    public static async Task<LocalDapr> StartAsync(
        LocalDaprOptions options, string manager, Uri router, Action<WebApplicationBuilder> configure, TimeProvider time, CancellationToken cancellationToken)
    {
        var ports = FreePorts(5);
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var door = DoorHost.Build(
            new()
            {
                Manager = manager,
                Listen = [Loopback(ports[0])],
                DaprdHttp = new(Loopback(ports[1])),
                DaprdGrpc = new(Loopback(ports[2])),
                DaprdToken = token,
                App = Loopback(ports[4]),
                AppToken = token,
                Router = router,
            },
            configure);
        DaprdProcess? daprd = null;
        try
        {
            await door.StartAsync(cancellationToken).ConfigureAwait(false);
            var logger = door.Services.GetRequiredService<ILoggerFactory>().CreateLogger("daprd");
            daprd = new(options.Program, new(ports[1], ports[2], ports[3], ports[4], options.Components, token), time, logger);
            return new(daprd, door, time);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw CliException.Failed($"'{options.Program}' cannot be started: {exception.Message}", inner: exception);
        }
        finally
        {
            if (daprd is null)
            {
                await door.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits until calls get through.</summary>
    /// <exception cref="CliException">They do not.</exception>
    public async Task UntilReadyAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(StartPatience, _time);
        while (DoorHost.TroubleOf(_door) is { } trouble)
        {
            if (_daprd.EndedOnce.IsCompleted || late.IsCancellationRequested)
            {
                throw CliException.Failed(
                    $"--dapr: {(_daprd.EndedOnce.IsCompleted ? "daprd ended" : trouble)}; it wrote last:{Environment.NewLine}{_daprd.LastLines}",
                    "mend the component that it complains of, or give it `spec.ignoreErrors: true`");
            }

            await Task.Delay(LookEvery, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ends both: first who calls, then who is called.</summary>
    public async ValueTask DisposeAsync()
    {
        await _door.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _door.DisposeAsync().ConfigureAwait(false);
        await _daprd.DisposeAsync().ConfigureAwait(false);
    }

    private static string Loopback(int port) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

    /// <remarks>All at once: one that is let go could be found again.</remarks>
    private static int[] FreePorts(int count)
    {
        var probes = Enumerable.Range(0, count).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)).ToList();
        try
        {
            probes.ForEach(probe => probe.Bind(new IPEndPoint(IPAddress.Loopback, 0)));
            return [.. probes.Select(probe => ((IPEndPoint)probe.LocalEndPoint!).Port)];
        }
        finally
        {
            probes.ForEach(probe => probe.Dispose());
        }
    }
}

/// <summary>What is wanted of Dapr.</summary>
/// <param name="Program">daprd.</param>
/// <param name="Components">The folder of its components.</param>
internal sealed record LocalDaprOptions(string Program, string Components);
