using System.Runtime.InteropServices;

namespace PodPool.Manager.Processes;

/// <summary>Signals to processes. A process that is gone already is no error.</summary>
internal static partial class Signals
{
    private const int Terminate = 15;
    private const int Kill = 9;

    /// <summary>Asks a process to end.</summary>
    public static void AskToEnd(int process) => _ = Send(process, Terminate);

    /// <summary>Ends a process.</summary>
    public static void End(int process) => _ = Send(process, Kill);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
