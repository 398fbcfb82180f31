using Grpc.Core;

namespace PodPool.DaprStandIn.Errors;

/// <summary>What goes wrong with state.</summary>
/// <remarks>Texts, codes and details: dapr/dapr pkg/api/errors/state.go and pkg/messages/predefined.go.</remarks>
internal static class StateErrors
{
    public static DaprException NotConfigured(string store, string appId)
        => new(StatusCode.FailedPrecondition, 500, "ERR_STATE_STORE_NOT_CONFIGURED", $"state store {store} is not configured", ErrorDetails.Info("DAPR_STATE_NOT_CONFIGURED", ("appID", appId)));

    public static DaprException NotFound(string store, string appId)
        => new(StatusCode.InvalidArgument, 400, "ERR_STATE_STORE_NOT_FOUND", $"state store {store} is not found", ErrorDetails.Info("DAPR_STATE_NOT_FOUND", ("appID", appId)));

    public static DaprException IllegalKey(string store, string key, string message)
        => new(
            StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", message,
            ErrorDetails.Field(key, message), ErrorDetails.Resource("state", store), ErrorDetails.Info("DAPR_STATE_ILLEGAL_KEY"));

    public static DaprException Get(string store, string key, string why)
        => new(StatusCode.Internal, 500, "ERR_STATE_GET", $"fail to get {key} from state store {store}: {why}");

    public static DaprException Save(string store, StateStoreException why)
        => new(why.Code, why.HttpStatus, "ERR_STATE_SAVE", $"failed saving state in state store {store}: {why.Message}");

    public static DaprException Delete(string key, StateStoreException why)
        => new(why.Code, why.HttpStatus, "ERR_STATE_DELETE", $"failed deleting state with key {key}: {why.Message}");

    public static DaprException BulkDelete(string store, StateStoreException why)
        => new(why.Code, why.HttpStatus, "ERR_STATE_BULK_DELETE", $"failed deleting state in state store {store}: {why.Message}");

    public static DaprException Transaction(string why)
        => new(StatusCode.Internal, 500, "ERR_STATE_TRANSACTION", $"error while executing state transaction: {why}");

    /// <summary>HTTP says that the request is bad, gRPC that the method is not implemented.</summary>
    public static DaprException Operation(string operation)
        => new(StatusCode.Unimplemented, 400, "ERR_NOT_SUPPORTED_STATE_OPERATION", $"operation type {operation} not supported");

    public static DaprException Query(string store, string why)
        => new(
            StatusCode.Internal, 500, "ERR_STATE_QUERY", $"state store {store} query failed: {why}",
            ErrorDetails.Resource("state", store), ErrorDetails.Info("DAPR_STATE_QUERY_FAILED"));
}
