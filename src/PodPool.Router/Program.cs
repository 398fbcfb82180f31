using System.ComponentModel.DataAnnotations;
using PodPool.Observability;
using PodPool.Router;
using PodPool.Router.Managing;
using PodPool.Router.Rehearsing;

try
{
    var options = RouterArguments.Read(args);
    await using var app = RouterHost.Build(options, builder => builder.Logging.AddJsonConsole());
    var rehearsed = false;
    var manager = app.Services.GetRequiredService<IManager>();
    await using var health = options.HealthEndPoint is not { } listen ? null : await HealthServer.StartAsync(
        new()
        {
            Listen = listen,
            Service = "podpool-router",
            Meters = [RouterMetrics.MeterName],
            ManySeries = [RouterMetrics.RequestsName],

            // With a table once, it goes on with what it knows, whatever becomes of the managers.
            NotReady = () => !Volatile.Read(ref rehearsed) ? "the router rehearses"
                : !manager.HasTable ? "no manager told yet which functions there are"
                : app.Lifetime.ApplicationStopping.IsCancellationRequested ? "the router stops" : null,
        },
        CancellationToken.None).ConfigureAwait(false);
    await RouterRehearsal.TryAsync(app.Services.GetRequiredService<ILoggerFactory>(), TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
    Volatile.Write(ref rehearsed, true);
    await app.RunAsync().ConfigureAwait(false);
    return 0;
}
catch (ValidationException exception)
{
    await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
    await Console.Error.WriteLineAsync(RouterArguments.Usage).ConfigureAwait(false);
    return 2;
}
