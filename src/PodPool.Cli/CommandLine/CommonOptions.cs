using System.CommandLine;
using PodPool.Cli.Output;

namespace PodPool.Cli.CommandLine;

/// <summary>Options that several verbs share.</summary>
internal static class CommonOptions
{
    public static readonly Option<OutputFormat> Output = new Option<OutputFormat>("--output", "-o")
    {
        Description = "text for people, or json for scripts [default: text]",
    }.OneOf("text", "json");

    public static readonly Option<string?> Server = new("--server")
    {
        Description = "the manager: http://host:port or unix:/path [default: PODPOOL_SERVER, else a running `podpool local`, else http://127.0.0.1:8080]",
        HelpName = "ADDRESS",
    };

    public static readonly Option<string> Namespace = new("--namespace", "-n")
    {
        Description = "the function's namespace [default: the context's, else default]",
        HelpName = "NS",
        DefaultValueFactory = _ => "default",
    };

    public static Argument<string> FunctionName() => new("NAME")
    {
        Description = "the function's name, or NAMESPACE/NAME",
        CompletionSources = { FunctionNames.Complete },
    };

    public static IOutput OutputOf(ParseResult arguments, Terminal terminal)
        => arguments.GetValue(Output) == OutputFormat.Json ? new JsonOutput(terminal) : new TextOutput(terminal);
}
