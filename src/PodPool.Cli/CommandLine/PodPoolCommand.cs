using System.CommandLine;
using System.CommandLine.Help;
using PodPool.Cli.Bench;
using PodPool.Cli.Check;
using PodPool.Cli.Consoles;
using PodPool.Cli.Demo;
using PodPool.Cli.Deploy;
using PodPool.Cli.Functions;
using PodPool.Cli.Local;
using PodPool.Cli.Output;
using PodPool.Cli.Pools;
using PodPool.Cli.Tune;

namespace PodPool.Cli.CommandLine;

/// <summary>The command <c>podpool</c>: all verbs, and how one of them is run.</summary>
internal static class PodPoolCommand
{
    private static readonly Lazy<RootCommand> Root = new(Build);

    /// <summary>Runs one command line.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken = default)
    {
        try
        {
            return await InvokeAsync(arguments, terminal, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Verbs tell their own; here is what comes before and beside them: options, help, completion.
            return UnexpectedFailure.Tell(exception, UnexpectedFailure.OutputOf(arguments, terminal), terminal);
        }
    }

    private static async Task<int> InvokeAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var parsed = Root.Value.Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is System.CommandLine.Invocation.ParseErrorAction)
        {
            var verb = parsed.CommandResult.Command;
            var path = string.Join(' ', Path(verb).Reverse());
            UnexpectedFailure.OutputOf(arguments, terminal).Fail(CliException.Usage(
                string.Join(Environment.NewLine, parsed.Errors.Select(error => error.Message)), $"see `{path} --help`"));
            return ExitCode.Usage;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var signals = new StopSignals(stop);
        return await parsed.InvokeAsync(new TerminalInvocation(terminal), stop.Token).ConfigureAwait(false);
    }

    /// <summary>A verb and those it is one of, up to <c>podpool</c>.</summary>
    private static IEnumerable<string> Path(Command verb)
    {
        for (var at = verb; at != Root.Value; at = at.Parents.OfType<Command>().First())
        {
            yield return at.Name;
        }

        yield return "podpool";
    }

    private static RootCommand Build()
    {
        var root = new RootCommand("PodPool: the first request to a .NET function, as fast as the second.")
        {
            new DemoCommand(),
            new LocalCommand(),
            new DeployCommand(),
            new InvokeCommand(),
            new ListCommand(),
            new DescribeCommand(),
            new LogsCommand(),
            new DeleteCommand(),
            new PoolCommand(),
            new TuneCommand(),
            new ConsoleCommand(),
            new CheckCommand(),
            new BenchCommand(),
            new CompletionCommand(),
        };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExitCodes((HelpAction)help.Action!);
        return root;
    }
}
