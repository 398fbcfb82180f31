using System.Net.Sockets;
using Grpc.Core;
using PodPool.Cli.Clusters;
using PodPool.Cli.CommandLine;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Manager.Kubernetes.Api;

namespace PodPool.Cli.Server;

/// <summary>What a manager's error means to the person at the command line.</summary>
internal static class ServerFailure
{
    /// <param name="exception">The error.</param>
    /// <param name="cluster">Whose manager was asked; null: one that was named by its address.</param>
    public static CliException Describe(RpcException exception, Cluster? cluster = null)
    {
        if (CauseOf(exception) is { } cause)
        {
            return cause;
        }

        var reason = exception.ReasonOf();
        if (cluster is not null && exception.StatusCode == StatusCode.Unimplemented)
        {
            return new(ExitCode.Failed, "the manager does not know this: it is of another version than this podpool", "use the podpool of the installation's version, or upgrade it", inner: exception);
        }

        if (reason == Reason.Unspecified)
        {
            return exception.StatusCode is StatusCode.Unavailable or StatusCode.Unimplemented || IsDialError(exception)
                ? new(
                    ExitCode.Unreachable,
                    $"no manager answers: {DialError(exception)}",
                    cluster is null
                        ? $"start one with `podpool local`, or name one with --server, {ServerAddress.Variable} or --context"
                        : $"see `kubectl -n {cluster.Installation} get pods`, and `podpool check`",
                    inner: exception)
                : new(ExitCode.Failed, exception.Status.Detail, inner: exception);
        }

        var code = reason switch
        {
            Reason.FunctionNotFound or Reason.PoolNotFound => ExitCode.NotFound,
            Reason.InvalidArgument => ExitCode.Usage,
            _ when reason.IsFaultOfCode() => ExitCode.Refused,
            _ => ExitCode.Failed,
        };
        return new(code, exception.Status.Detail, Remedies.For(reason), reason.WireName(), exception);
    }

    /// <summary>Why there was no connection, where the way to the manager says so itself; null: it does not.</summary>
    public static CliException? CauseOf(RpcException exception)
    {
        for (var at = exception.Status.DebugException; at is not null; at = at.InnerException)
        {
            switch (at)
            {
                case CliException found:
                    return found;
                case ApiException refused:
                    return ClusterFailure.Describe(refused);
                default:
                    break;
            }
        }

        return null;
    }

    private static bool IsDialError(RpcException exception)
        => exception.Status.DebugException is HttpRequestException or SocketException or IOException;

    private static string DialError(RpcException exception) => exception.Status.DebugException switch
    {
        HttpRequestException { InnerException: { } inner } => inner.Message,
        { } other => other.Message,
        null when exception.StatusCode == StatusCode.Unimplemented => "what listens there is no PodPool manager, or does not serve operators on that address",
        null => exception.Status.Detail,
    };
}
