using System.CommandLine;

namespace PodPool.Cli.CommandLine;

/// <summary>Carries the terminal to the verbs; the tree of verbs itself is shared and holds no state.</summary>
internal sealed class TerminalInvocation : InvocationConfiguration
{
    public TerminalInvocation(Terminal terminal)
    {
        Terminal = terminal;
        Output = terminal.Out;
        Error = terminal.Error;
        EnableDefaultExceptionHandler = false;

        // The signals are ours: a verb gets all the time it needs to end what it started.
        ProcessTerminationTimeout = null;
    }

    public Terminal Terminal { get; }
}
