using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PodPool.Contracts.Wire;

namespace PodPool.Runtime.Serving;

/// <summary>Where functions are called: a bare Kestrel, HTTP/1.1 and h2c on one address.</summary>
internal sealed class FunctionEndpoint : IDisposable
{
    private readonly KestrelServer _server;
    private readonly FunctionApplication _application;

    /// <param name="address">Where to listen.</param>
    /// <param name="application">What answers.</param>
    /// <param name="services">Has the transports, those of <see cref="CleartextListener"/> among them.</param>
    public FunctionEndpoint(string address, FunctionApplication application, IServiceProvider services)
    {
        _application = application;
        var options = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };

        // Limits are the router's business, which holds requests unread and knows the caller; and an application's own.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.Http2.MaxStreamsPerConnection = int.MaxValue;
        options.ListenCleartext(PodAddress.Parse(address));
        _server = new(Options.Create(options), new Transports(services.GetServices<IConnectionListenerFactory>()), services.GetRequiredService<ILoggerFactory>());
    }

    public Task StartAsync(CancellationToken cancellationToken) => _server.StartAsync(_application, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _server.StopAsync(cancellationToken);

    public void Dispose() => _server.Dispose();

    /// <summary>Kestrel by itself takes one transport: the last registered that can bind the address, as its host would choose.</summary>
    private sealed class Transports(IEnumerable<IConnectionListenerFactory> factories) : IConnectionListenerFactory
    {
        private readonly IConnectionListenerFactory[] _factories = [.. factories.Reverse()];

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
            => _factories.First(factory => factory is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint))
                .BindAsync(endpoint, cancellationToken);
    }
}
