using System.Globalization;
using Google.Rpc;
using Grpc.Core;
using PodPool.DaprStandIn.Errors;

namespace PodPool.DaprStandIn.Grpc;

/// <summary>Statuses of HTTP and codes of gRPC, as dapr/dapr pkg/messaging/v1/util.go turns one into the other.</summary>
internal static class HttpStatusCodes
{
    private const int MaxDetail = 63;

    public static int Of(StatusCode code) => code switch
    {
        StatusCode.OK => 200,
        StatusCode.Cancelled => 408,
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => 400,
        StatusCode.DeadlineExceeded => 504,
        StatusCode.NotFound => 404,
        StatusCode.AlreadyExists or StatusCode.Aborted => 409,
        StatusCode.PermissionDenied => 403,
        StatusCode.Unauthenticated => 401,
        StatusCode.ResourceExhausted => 429,
        StatusCode.Unimplemented => 501,
        StatusCode.Unavailable => 503,
        _ => 500,
    };

    public static StatusCode CodeOf(int status) => status switch
    {
        >= 200 and < 300 => StatusCode.OK,
        408 => StatusCode.Cancelled,
        400 => StatusCode.Internal,
        504 => StatusCode.DeadlineExceeded,
        404 => StatusCode.NotFound,
        409 => StatusCode.AlreadyExists,
        403 => StatusCode.PermissionDenied,
        401 => StatusCode.Unauthenticated,
        429 => StatusCode.ResourceExhausted,
        501 => StatusCode.Unimplemented,
        503 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>A status of HTTP as an error of gRPC.</summary>
    public static RpcException ErrorOf(int status, string detail)
    {
        var text = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status);
        var info = ErrorDetails.Info(text, ("http.code", status.ToString(CultureInfo.InvariantCulture)), ("http.error_message", detail.Length >= MaxDetail ? detail[..MaxDetail] : detail));
        return new Google.Rpc.Status { Code = (int)CodeOf(status), Message = text, Details = { Google.Protobuf.WellKnownTypes.Any.Pack(info) } }.ToRpcException();
    }
}
