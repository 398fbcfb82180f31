using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace PodPool.Observability;

/// <summary>
/// <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> of a process, on a server of its own: nothing of it is in the way of requests, and it answers while
/// the process still starts. What OpenTelemetry's own variables (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> …) name is sent there as well.
/// </summary>
public sealed class HealthServer : IAsyncDisposable
{
    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private const int ManySeries = 20_000;

    private readonly WebApplication _app;

    private HealthServer(WebApplication app) => _app = app;

    /// <summary>Where it listens, with the port that a port 0 became.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <summary>Starts it.</summary>
    /// <exception cref="IOException">The address is in use.</exception>
    public static async Task<HealthServer> StartAsync(HealthOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = options.Service });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(options.Listen, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddRoutingCore();
        AddTelemetry(builder.Services, options);
        var app = builder.Build();
        app.MapGet("/healthz", static () => Results.Text("ok\n"));
        app.MapGet("/readyz", () => options.NotReady() is { } why ? Results.Text(why + "\n", statusCode: StatusCodes.Status503ServiceUnavailable) : Results.Text("ok\n"));
        app.MapPrometheusScrapingEndpoint("/metrics");
        await app.StartAsync(cancellationToken).ConfigureAwait(false);
        return new(app);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static void AddTelemetry(IServiceCollection services, HealthOptions options)
    {
        var sends = Environment.GetEnvironmentVariable(OtlpEndpoint) is { Length: > 0 };
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(options.Service))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter([.. options.Meters]).AddRuntimeInstrumentation().AddPrometheusExporter();
                foreach (var name in options.ManySeries)
                {
                    metrics.AddView(name, new MetricStreamConfiguration { CardinalityLimit = ManySeries });
                }

                if (sends)
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (sends)
        {
            services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource([.. options.Sources]).AddOtlpExporter());
        }
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
