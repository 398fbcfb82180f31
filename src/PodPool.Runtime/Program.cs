using PodPool.Runtime;

PodHost pod;
try
{
    pod = new(PodOptions.TakeFromEnvironment(), TimeProvider.System);
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
    return 2;
}

await using (pod.ConfigureAwait(false))
{
    return await pod.RunAsync().ConfigureAwait(false);
}
