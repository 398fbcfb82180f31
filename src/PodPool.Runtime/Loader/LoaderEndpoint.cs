using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PodPool.Contracts.Packages;
using PodPool.Contracts.Wire;
using PodPool.Runtime.Loader.Certificates;

namespace PodPool.Runtime.Loader;

/// <summary>Where the manager calls: gRPC and nothing else.</summary>
internal static class LoaderEndpoint
{
    /// <summary>A manifest's 4 MiB and its claim; more than a chunk.</summary>
    private const int LargestMessage = 5 << 20;

    /// <param name="options">Where it listens.</param>
    /// <param name="identity">Who it is over TLS; null: it speaks none.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="service">What answers.</param>
    public static WebApplication Build(PodOptions options, LoaderIdentity? identity, ILoggerFactory loggers, Func<IServiceProvider, LoaderService> service)
    {
        // Empty, not slim: no configuration, no console, nothing that a function's environment could change.
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "PodPool.Runtime" });
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddCleartextListener();
        builder.Services.AddSingleton(service);
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = LargestMessage);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.Http2.InitialStreamWindowSize = PackageLimits.MaxChunk * 4;
            kestrel.Limits.Http2.InitialConnectionWindowSize = PackageLimits.MaxChunk * 4;
            kestrel.Listen(PodAddress.Parse(options.LoaderAddress, out _), listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (identity is not null)
                {
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(identity.ForHandshake()) });
                }
            });
        });
        var app = builder.Build();
        app.MapGrpcService<LoaderService>();
        return app;
    }

    /// <summary>Signals are the process's, see <see cref="PodHost"/>.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
