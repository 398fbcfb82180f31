using Grpc.Core;

namespace PodPool.DaprProxy.Access;

/// <summary>A call that the door ends, as Dapr itself would if there were no such component.</summary>
/// <param name="HttpStatus">The status of Dapr's HTTP API.</param>
/// <param name="GrpcStatus">That of its gRPC API.</param>
/// <param name="ErrorCode">Dapr's <c>errorCode</c>, "ERR_…".</param>
/// <param name="Message">What is missing, and where.</param>
internal sealed record DaprRefusal(int HttpStatus, StatusCode GrpcStatus, string ErrorCode, string Message);
