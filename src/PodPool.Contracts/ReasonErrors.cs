using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using PodPool.Contracts.V1;
using RpcCode = Google.Rpc.Code;
using RpcStatus = Google.Rpc.Status;

namespace PodPool.Contracts;

/// <summary>Turns a <see cref="Reason"/> into a gRPC error with machine-readable details, and back.</summary>
public static class ReasonErrors
{
    /// <summary>The domain of every <see cref="ErrorInfo"/> of ours.</summary>
    public const string Domain = "podpool.dev";

    /// <summary>
    /// Characters of a message that go over the wire. A message goes twice, once percent-encoded (nine bytes for a character at worst), and
    /// clients take 64 kB of trailers: an error too long to be told would be no error of ours any more.
    /// </summary>
    public const int MaxMessageLength = 4096;

    /// <summary>The name of a reason as it stands in errors, problem details, statuses and metrics: <c>ENTRY_POINT_NOT_FOUND</c>.</summary>
    public static string WireName(this Reason reason) => ReasonNames.Of(reason);

    /// <summary>The reason of a name as <see cref="WireName"/> gives it; <see cref="Reason.Unspecified"/> if there is none.</summary>
    public static Reason ParseReason(string? name) => ReasonNames.Parse(name);

    /// <summary>An exception that a gRPC service throws; its trailers carry the details.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="message">For a person: what is wrong, where, and what to do; cut after <see cref="MaxMessageLength"/> characters.</param>
    /// <param name="metadata">What the reason is about.</param>
    public static RpcException ToException(this Reason reason, string message, params ReadOnlySpan<(string Key, string Value)> metadata)
    {
        var info = new ErrorInfo { Domain = Domain, Reason = reason.WireName() };
        foreach (var (key, value) in metadata)
        {
            info.Metadata[key] = value;
        }

        var status = new RpcStatus { Code = (int)CodeOf(reason), Message = Cut(message), Details = { Any.Pack(info) } };
        return status.ToRpcException();
    }

    /// <summary>The reason that an error of ours carries; <see cref="Reason.Unspecified"/> if it carries none.</summary>
    public static Reason ReasonOf(this RpcException exception) => ReasonNames.Parse(InfoOf(exception)?.Reason);

    /// <summary>The <see cref="ErrorInfo"/> that an error of ours carries.</summary>
    public static ErrorInfo? InfoOf(this RpcException exception)
    {
        var info = exception.GetRpcStatus()?.GetDetail<ErrorInfo>();
        return info?.Domain == Domain ? info : null;
    }

    /// <summary>Whether the package, not the platform, is at fault: another pod would fail the same way.</summary>
    public static bool IsFaultOfCode(this Reason reason) => reason is >= Reason.EntryPointNotFound and <= Reason.SharedAssemblyTooNew;

    private static string Cut(string message)
    {
        if (message.Length <= MaxMessageLength)
        {
            return message;
        }

        var end = MaxMessageLength - 1;
        return message[..(char.IsHighSurrogate(message[end - 1]) ? end - 1 : end)] + "…";
    }

    private static RpcCode CodeOf(Reason reason) => reason switch
    {
        Reason.ClaimUnsigned or Reason.ClaimExpired => RpcCode.Unauthenticated,
        Reason.ClaimWrongPod or Reason.ClaimWrongManifest => RpcCode.PermissionDenied,
        Reason.PackageInvalid or Reason.InvalidArgument => RpcCode.InvalidArgument,
        Reason.PackageTooLarge or Reason.StorageFull or Reason.PoolEmpty or Reason.QueueFull or Reason.ScaleLimit => RpcCode.ResourceExhausted,
        Reason.DigestMismatch => RpcCode.DataLoss,
        Reason.StartupTimeout or Reason.DeadlineExceeded or Reason.FunctionTimeout => RpcCode.DeadlineExceeded,
        Reason.FunctionNotFound or Reason.PoolNotFound => RpcCode.NotFound,
        Reason.FunctionDeleted => RpcCode.Aborted,
        Reason.PodGone or Reason.InstanceGone or Reason.ManagerUnavailable or Reason.ShuttingDown or Reason.NotLeader or Reason.FunctionNotReady
            or Reason.RegistryUnavailable or Reason.DaprUnavailable => RpcCode.Unavailable,
        Reason.Internal or Reason.Unspecified or Reason.FunctionError => RpcCode.Internal,
        _ => RpcCode.FailedPrecondition,
    };
}
