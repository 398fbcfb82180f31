using System.Runtime.InteropServices;
using PodPool.DaprStandIn;

Flags flags;
try
{
    flags = Flags.Parse(args);
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}

using var runtime = new RuntimeState();
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
try
{
    await Daprd.RunAsync(flags, Console.Out.WriteLine, runtime);
    return 0;
}
catch (Exception exception) when (exception is FormatException or IOException)
{
    await Console.Error.WriteLineAsync($"Fatal error from runtime: {exception.Message}");
    return 1;
}

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    runtime.Ask();
}
