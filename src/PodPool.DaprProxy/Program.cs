using System.ComponentModel.DataAnnotations;
using PodPool.DaprProxy;
using PodPool.Observability;

try
{
    var options = DoorArguments.Read(args, Environment.GetEnvironmentVariable);
    await using var app = DoorHost.Build(options, builder => builder.Logging.AddJsonConsole());
    await using var health = options.HealthEndPoint is not { } listen ? null : await HealthServer.StartAsync(
        new()
        {
            Listen = listen,
            Service = "podpool-door",
            Meters = [DoorMetrics.MeterName],
            NotReady = () => DoorHost.TroubleOf(app),
        },
        CancellationToken.None).ConfigureAwait(false);
    await app.RunAsync().ConfigureAwait(false);
    return 0;
}
catch (ValidationException exception)
{
    await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
    await Console.Error.WriteLineAsync(DoorArguments.Usage).ConfigureAwait(false);
    return 2;
}
