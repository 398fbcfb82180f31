using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Router.Rehearsing;

/// <summary>Whom a router meets in its rehearsal, on one port: a manager that has an instance for every function, and that instance.</summary>
internal sealed class RehearsalPeer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RehearsalPeer(WebApplication app) => _app = app;

    /// <summary>Where both listen.</summary>
    public string Address => RehearsalManager.AddressOf(_app.Services.GetRequiredService<IServer>());

    /// <summary>One of the functions that there are.</summary>
    public static FunctionName Function(int number) => new() { Namespace = "podpool", Name = $"rehearsal-{number}" };

    public static async Task<RehearsalPeer> StartAsync(int functions, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenCleartext(new IPEndPoint(IPAddress.Loopback, 0)));
        builder.Services.AddCleartextListener();
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(provider => new RehearsalManager(functions, provider.GetRequiredService<IServer>(), provider.GetRequiredService<IHostApplicationLifetime>()));
        var app = builder.Build();
        app.MapGrpcService<RehearsalManager>();
        app.MapFallback(static async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted).ConfigureAwait(false);
            await context.Response.WriteAsync("rehearsed", context.RequestAborted).ConfigureAwait(false);
        });
        await app.StartAsync(cancellationToken).ConfigureAwait(false);
        return new(app);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
