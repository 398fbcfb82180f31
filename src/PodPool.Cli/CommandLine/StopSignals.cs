using System.Runtime.InteropServices;

namespace PodPool.Cli.CommandLine;

/// <summary>The first signal asks the verb to end; the second one ends the process.</summary>
internal sealed partial class StopSignals : IDisposable
{
    private const int Interrupt = 2;

    private readonly List<PosixSignalRegistration> _registrations = [];

    public StopSignals(CancellationTokenSource stop)
    {
        if (!OperatingSystem.IsWindows())
        {
            // A shell without job control starts what is in its background with SIGINT ignored, and .NET then leaves it so. Whoever
            // sends the signal to this very process means it.
            _ = SetHandler(Interrupt, IntPtr.Zero);
        }

        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = !stop.IsCancellationRequested;
                stop.Cancel();
            }));
        }
    }

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial IntPtr SetHandler(int signal, IntPtr handler);
}
