using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace PodPool.Cli.CommandLine;

/// <summary>The usual help; the one of <c>podpool</c> itself lists the exit codes too.</summary>
internal sealed class HelpWithExitCodes(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is RootCommand)
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Exit codes:");
            foreach (var (code, meaning) in ExitCode.All)
            {
                output.WriteLine($"  {code,-4} {meaning}");
            }

            output.WriteLine();
        }

        return ExitCode.Ok;
    }
}
