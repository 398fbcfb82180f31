using Google.Protobuf;
using Grpc.Core;

namespace PodPool.DaprStandIn.Errors;

/// <summary>An error as daprd answers it, by HTTP and by gRPC.</summary>
/// <param name="code">The code of gRPC.</param>
/// <param name="httpStatus">The status of HTTP.</param>
/// <param name="errorCode">The name in the body of HTTP: "ERR_STATE_GET", ….</param>
/// <param name="message">What went wrong, in daprd's words.</param>
/// <param name="details">What newer versions of daprd add: messages of google/rpc/error_details.proto.</param>
internal sealed class DaprException(StatusCode code, int httpStatus, string errorCode, string message, params IMessage[] details) : Exception(message)
{
    public StatusCode Code { get; } = code;

    public int HttpStatus { get; } = httpStatus;

    public string ErrorCode { get; } = errorCode;

    public IReadOnlyList<IMessage> Details { get; } = details;
}
