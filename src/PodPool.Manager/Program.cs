using PodPool.Manager;

try
{
    var options = CommandLineOptions.Parse(args);
    if (options is null)
    {
        Console.WriteLine(CommandLineOptions.Usage);
        return 0;
    }

    await using var manager = ManagerHost.Build(options, builder =>
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
    return 0;
}
catch (ManagerOptionsException exception)
{
    await Console.Error.WriteLineAsync($"error: {exception.Message}");
    return 2;
}
