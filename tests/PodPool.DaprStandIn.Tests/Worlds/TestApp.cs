using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace PodPool.DaprStandIn.Tests.Worlds;

/// <summary>An application beside the stand-in: a real server in this process.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private readonly WebApplication _server;

    private TestApp(WebApplication server) => _server = server;

    public int Port { get; private set; }

    /// <param name="services">What it is made of.</param>
    /// <param name="map">What it answers.</param>
    /// <param name="protocols">HTTP/2 alone: it speaks gRPC.</param>
    /// <param name="port">0: any that is free.</param>
    public static async Task<TestApp> StartAsync(Action<WebApplicationBuilder>? services, Action<WebApplication> map, HttpProtocols protocols = HttpProtocols.Http1, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrel(options => options.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols));
        builder.Logging.ClearProviders();
        services?.Invoke(builder);
        var server = builder.Build();
        map(server);
        var app = new TestApp(server);
        await server.StartAsync(TestContext.Current.CancellationToken);
        app.Port = new Uri(server.Urls.Single()).Port;
        return app;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
