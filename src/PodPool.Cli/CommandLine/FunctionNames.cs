using System.CommandLine.Completions;
using System.Text.RegularExpressions;
using Grpc.Core;
using PodPool.Cli.Server;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Cli.CommandLine;

/// <summary>Names of functions on the command line.</summary>
internal static partial class FunctionNames
{
    /// <summary>How long the shell waits for names to complete.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Reads <c>NAME</c> or <c>NAMESPACE/NAME</c>.</summary>
    /// <exception cref="CliException">It is no DNS label.</exception>
    public static FunctionName Parse(string text, string defaultNamespace)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var (ns, name) = slash < 0 ? (defaultNamespace, text) : (text[..slash], text[(slash + 1)..]);
        if (!DnsLabel().IsMatch(ns))
        {
            throw CliException.Usage(
                $"'{ns}' is no name for a namespace", "use lower-case letters, digits and '-', 63 at most, beginning and ending with a letter or digit, e.g. 'shop'");
        }

        // As a Service is named: what has a name on one machine can have it on a cluster.
        if (!DnsLabel().IsMatch(name) || !char.IsAsciiLetter(name[0]))
        {
            throw CliException.Usage(
                $"'{name}' is no name for a function",
                "use lower-case letters, digits and '-', 63 at most, beginning with a letter and ending with a letter or digit, e.g. 'order-mail'");
        }

        return new FunctionName { Namespace = ns, Name = name };
    }

    /// <summary><c>name</c> in the default namespace, else <c>namespace/name</c>: what <see cref="Parse"/> reads back.</summary>
    public static string Show(FunctionName name) => name.Namespace == "default" ? name.Name : $"{name.Namespace}/{name.Name}";

    /// <summary>The deployed functions, for the shell. A manager that does not answer gives none.</summary>
    public static IEnumerable<CompletionItem> Complete(CompletionContext context)
    {
        try
        {
            var terminal = Terminal.OfProcess();
            using var server = ServerConnection.Open(context.ParseResult, terminal);
            var answer = server.Operator.ListFunctions(
                new ListFunctionsRequest(), deadline: terminal.Time.GetUtcNow().UtcDateTime + Patience);
            return [.. answer.Functions.Select(function => new CompletionItem(Show(function.Spec.Function)))];
        }
        catch (Exception exception) when (exception is RpcException or CliException or ApiException)
        {
            return [];
        }
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    private static partial Regex DnsLabel();
}
