using PodPool.Manager;
using PodPool.Manager.Kubernetes.Installing;
using PodPool.Manager.Leading;

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
    await manager.StartAsync();
    Console.WriteLine($"listening {ManagerHost.AddressOf(manager)}");
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
