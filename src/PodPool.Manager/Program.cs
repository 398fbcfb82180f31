using PodPool.Manager;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Leading;
using PodPool.Manager.Observability;
using PodPool.Observability;

try
{
    var options = CommandLineOptions.Parse(args);
    if (options is null)
    {
        Console.WriteLine(CommandLineOptions.Usage);
        return 0;
    }

    var installation = options.Kubernetes is { } cluster ? await InstallationSecret.OpenAsync(cluster) : null;
    await using var manager = ManagerHost.Build(options, installation, builder =>
    {
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Grpc", LogLevel.Warning);

        // Alone in its process it ends on SIGINT and SIGTERM.
        builder.Services.AddSingleton<IHostLifetime, Microsoft.Extensions.Hosting.Internal.ConsoleLifetime>();
    });
    var started = false;
    await using var health = options.HealthEndPoint is not { } listen ? null : await HealthServer.StartAsync(
        new()
        {
            Listen = listen,
            Service = "podpool-manager",
            Meters = [ManagerMetrics.MeterName],
            Sources = [ManagerActivities.SourceName],

            // It listens only after it has found out what exists: from then on it can lead at any moment.
            NotReady = () => !Volatile.Read(ref started) ? "the manager still finds out what exists"
                : manager.Lifetime.ApplicationStopping.IsCancellationRequested ? "the manager stops" : null,
        },
        CancellationToken.None);
    await manager.StartAsync();
    Volatile.Write(ref started, true);
    Console.WriteLine($"listening {ManagerHost.AddressOf(manager)}");
    if (ManagerHost.ConsoleOf(manager) is { } console)
    {
        Console.WriteLine($"console {new Uri(console, "/console")}");
    }

    await manager.WaitForShutdownAsync();
    if (manager.Services.GetRequiredService<ILeading>().Ended is { } why)
    {
        await Console.Error.WriteLineAsync($"ended: {why}");
        return 1;
    }

    return 0;
}
catch (ManagerOptionsException exception)
{
    await Console.Error.WriteLineAsync($"error: {exception.Message}");
    return 2;
}
