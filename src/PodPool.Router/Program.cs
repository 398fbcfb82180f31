using System.ComponentModel.DataAnnotations;
using PodPool.Router;

try
{
    var options = RouterArguments.Read(args);
    await using var app = RouterHost.Build(options, builder => builder.Logging.AddJsonConsole());
    await app.RunAsync().ConfigureAwait(false);
    return 0;
}
catch (ValidationException exception)
{
    await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
    await Console.Error.WriteLineAsync(RouterArguments.Usage).ConfigureAwait(false);
    return 2;
}
