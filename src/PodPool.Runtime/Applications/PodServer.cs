using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using PodPool.Runtime.Serving;

namespace PodPool.Runtime.Applications;

/// <summary>Stands where the application's Kestrel stood: it listens nowhere, and keeps what the pod's own Kestrel is to call.</summary>
internal sealed class PodServer(RequestGate gate) : IServer
{
    /// <summary>The application, once its host started the server.</summary>
    public IApplicationPipeline? Pipeline { get; private set; }

    public IFeatureCollection Features { get; } = CreateFeatures();

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        Pipeline = new ApplicationPipeline<TContext>(application);
        return Task.CompletedTask;
    }

    /// <summary>As Kestrel does: waits for the running requests, and cuts them off when the host's patience is over.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await gate.CloseAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            gate.Abort();
        }
    }

    public void Dispose()
    {
        // Nothing is held: the sockets are the pod's.
    }

    private static FeatureCollection CreateFeatures()
    {
        var features = new FeatureCollection();
        features.Set<IServerAddressesFeature>(new ServerAddressesFeature());
        return features;
    }
}

/// <summary>An <see cref="IHttpApplication{TContext}"/> whose context's type is nobody's business.</summary>
internal interface IApplicationPipeline
{
    void Begin(Exchange exchange);

    Task ProcessAsync(Exchange exchange);

    void End(Exchange exchange);
}

internal sealed class ApplicationPipeline<TContext>(IHttpApplication<TContext> application) : IApplicationPipeline
    where TContext : notnull
{
    public void Begin(Exchange exchange) => exchange.Inner = application.CreateContext(exchange.Features);

    public Task ProcessAsync(Exchange exchange) => application.ProcessRequestAsync((TContext)exchange.Inner!);

    public void End(Exchange exchange)
    {
        if (exchange.Inner is TContext context)
        {
            exchange.Inner = null;
            application.DisposeContext(context, exchange.Fault);
        }
    }
}
