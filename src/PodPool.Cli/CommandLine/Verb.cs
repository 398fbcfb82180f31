using System.CommandLine;
using Grpc.Core;
using PodPool.Cli.Clusters;
using PodPool.Cli.Output;
using PodPool.Cli.Server;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Cli.CommandLine;

/// <summary>One verb of the command line: its options are static fields, its work is <see cref="RunAsync"/>.</summary>
internal abstract class Verb : Command
{
    private protected Verb(string name, string description)
        : base(name, description)
    {
        Add(CommonOptions.Output);
        SetAction(InvokeAsync);
    }

    /// <summary>Does it. Failures that a person can do something about are thrown as <see cref="CliException"/>.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    private protected abstract Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken);

    private async Task<int> InvokeAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var terminal = ((TerminalInvocation)arguments.InvocationConfiguration).Terminal;
        var output = CommonOptions.OutputOf(arguments, terminal);
        try
        {
            return await RunAsync(new(arguments, terminal, output), cancellationToken).ConfigureAwait(false);
        }
        catch (CliException exception)
        {
            output.Fail(exception);
            return exception.ExitCode;
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = ServerFailure.Describe(exception);
            output.Fail(failure);
            return failure.ExitCode;
        }
        catch (ApiException exception)
        {
            var failure = ClusterFailure.Describe(exception);
            output.Fail(failure);
            return failure.ExitCode;
        }
        catch (Exception exception) when (exception is OperationCanceledException or RpcException && cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            output.Fail(CliException.Failed(exception.Message, inner: exception));
            return ExitCode.Failed;
        }
        catch (Exception exception)
        {
            return UnexpectedFailure.Tell(exception, output, terminal);
        }
    }
}

/// <summary>What a verb works with.</summary>
/// <param name="Arguments">The parsed command line.</param>
/// <param name="Terminal">The process around it.</param>
/// <param name="Output">Where its answer goes.</param>
internal sealed record VerbContext(ParseResult Arguments, Terminal Terminal, IOutput Output)
{
    public T? Get<T>(Option<T> option) => Arguments.GetValue(option);

    public T? Get<T>(Argument<T> argument) => Arguments.GetValue(argument);

    public T Require<T>(Option<T> option) => Arguments.GetRequiredValue(option);

    public T Require<T>(Argument<T> argument) => Arguments.GetRequiredValue(argument);

    /// <summary>The function's namespace: as asked for, else the server's own.</summary>
    public string NamespaceAt(ServerConnection server) => Has(CommonOptions.Namespace) ? Require(CommonOptions.Namespace) : server.Namespace;

    public bool Has(Option option) => Arguments.GetResult(option) is { Implicit: false };
}
