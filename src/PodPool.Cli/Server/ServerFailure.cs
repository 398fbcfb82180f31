using System.Net.Sockets;
using Grpc.Core;
using PodPool.Cli.CommandLine;
using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.Cli.Server;

/// <summary>What a manager's error means to the person at the command line.</summary>
internal static class ServerFailure
{
    public static CliException Describe(RpcException exception)
    {
        var reason = exception.ReasonOf();
        if (reason == Reason.Unspecified)
        {
            return exception.StatusCode is StatusCode.Unavailable or StatusCode.Unimplemented || IsDialError(exception)
                ? new(
                    ExitCode.Unreachable,
                    $"no manager answers: {DialError(exception)}",
                    $"start one with `podpool local`, or name one with --server or {ServerAddress.Variable}",
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

    private static bool IsDialError(RpcException exception)
        => exception.Status.DebugException is HttpRequestException or SocketException;

    private static string DialError(RpcException exception) => exception.Status.DebugException switch
    {
        HttpRequestException { InnerException: { } inner } => inner.Message,
        { } other => other.Message,
        null when exception.StatusCode == StatusCode.Unimplemented => "what listens there is no PodPool manager, or does not serve operators on that address",
        null => exception.Status.Detail,
    };
}
