using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using PodPool.Manager.Operations;
using PodPool.Manager.WebConsole.Advice;

namespace PodPool.Manager.WebConsole;

/// <summary>The page of the manager, for a person who looks; on a server of its own, so that nothing of it is in the way of routers.</summary>
internal sealed class ConsoleServer(ManagerOptions options, ConsoleFeed feed, FunctionView view, AdviceDesk advice, ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    private WebApplication? _app;

    /// <summary>Where it listens, with the port that a port 0 became.</summary>
    /// <exception cref="InvalidOperationException">It does not.</exception>
    public Uri Address => new(_app?.Urls.First() ?? throw new InvalidOperationException("the console has not been started"));

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var listen = options.ConsoleEndPoint ?? throw new InvalidOperationException("the console has no address");
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "podpool-console" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 200;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(listen, endPoint => endPoint.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddHostFiltering(filter =>
        {
            filter.AllowEmptyHosts = false;
            filter.IncludeFailureMessage = false;
            filter.AllowedHosts = [.. HostsOf(listen.Address), .. options.ConsoleHosts];
        });
        _app = builder.Build();
        ConsoleEndpoints.Map(_app, feed, view, advice);
        try
        {
            await _app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new ManagerOptionsException($"the console cannot listen on {options.Console}: {exception.Message}");
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Names by which only who sits at the machine, or knows the address, comes in. Any port: a forwarded one is another.</summary>
    private static IEnumerable<string> HostsOf(IPAddress address)
        => ["localhost", "127.0.0.1", "[::1]", address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString()];

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
