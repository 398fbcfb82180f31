using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace PodPool.Runtime.Serving;

/// <summary>Every kind of function but a whole application: one delegate over an <see cref="HttpContext"/>.</summary>
/// <param name="entryPoint">As resolved.</param>
/// <param name="services">What the function is made from.</param>
/// <param name="make">Makes the function and binds the delegate; the function's constructor runs here.</param>
internal sealed class HandlerTarget(string entryPoint, FunctionServices services, Func<FunctionServices, RequestDelegate> make) : FunctionTarget
{
    private RequestDelegate? _handler;

    public override string EntryPoint => entryPoint;

    public override Task StartAsync()
    {
        _handler = make(services);
        return Task.CompletedTask;
    }

    public override void Begin(Exchange exchange)
    {
        var context = exchange.HttpContext;
        if (context is null)
        {
            context = exchange.HttpContext = new DefaultHttpContext(exchange.Features);
        }
        else
        {
            context.Initialize(exchange.Features);
        }

        context.ServiceScopeFactory = services;
        exchange.Activity = RequestTracing.Start(exchange.Features.GetRequiredFeature<IHttpRequestFeature>());
        services.Enter(context);
    }

    public override Task ProcessAsync(Exchange exchange) => _handler!(exchange.HttpContext!);

    public override void End(Exchange exchange)
    {
        if (exchange.Activity is { } activity)
        {
            exchange.Activity = null;
            RequestTracing.Stop(activity, exchange.Features.GetRequiredFeature<IHttpResponseFeature>(), exchange.Fault);
        }

        services.Leave();
        exchange.HttpContext?.Uninitialize();
    }

    public override void BeginStop()
    {
        // These kinds have no life outside their requests.
    }

    public override async Task StopAsync(CancellationToken cancellationToken) => await services.DisposeAsync().ConfigureAwait(false);
}
