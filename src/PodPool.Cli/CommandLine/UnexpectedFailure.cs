using PodPool.Cli.Output;

namespace PodPool.Cli.CommandLine;

/// <summary>What nobody reckoned with: a defect of this program. It is told like any other failure, so that a script can read it, and with what a report needs.</summary>
internal static class UnexpectedFailure
{
    /// <summary>Tells it.</summary>
    /// <returns><see cref="ExitCode.Unexpected"/>.</returns>
    public static int Tell(Exception exception, IOutput output, Terminal terminal)
    {
        var json = output is JsonOutput;
        output.Fail(new CliException(
            ExitCode.Unexpected,
            $"unexpected: {exception.GetType().FullName}: {exception.Message}",
            "this is a defect of podpool: please report it, with the command line and " + (json ? "what it says without --output json" : "all of this output"),
            inner: exception));
        if (!json)
        {
            terminal.Error.WriteLine(exception);
        }

        return ExitCode.Unexpected;
    }

    /// <summary>For whom it is told, where the command line could not be read, or the verb's own output is not there yet.</summary>
    public static IOutput OutputOf(IReadOnlyList<string> arguments, Terminal terminal)
    {
        var json = arguments.Zip(arguments.Skip(1).Append("")).Any(pair => pair switch
        {
            ("--output" or "-o", var format) => IsJson(format),
            (var option, _) when option.StartsWith("--output=", StringComparison.Ordinal) => IsJson(option["--output=".Length..]),
            (var option, _) when option.StartsWith("-o", StringComparison.Ordinal) => IsJson(option[2..].TrimStart('=')),
            _ => false,
        });
        return json ? new JsonOutput(terminal) : new TextOutput(terminal);
    }

    private static bool IsJson(string format) => format.Equals("json", StringComparison.OrdinalIgnoreCase);
}
