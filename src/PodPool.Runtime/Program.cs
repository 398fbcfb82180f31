using PodPool.Runtime;

PodOptions options;
try
{
    options = PodOptions.TakeFromEnvironment();
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
    return 2;
}

await using var pod = new PodHost(options, TimeProvider.System);
return await pod.RunAsync().ConfigureAwait(false);
