using Grpc.Core;

namespace PodPool.DaprStandIn.Errors;

/// <summary>What goes wrong with everything but state and publishing.</summary>
/// <remarks>Texts and codes: dapr/dapr pkg/messages/predefined.go.</remarks>
internal static class OtherErrors
{
    public static DaprException Malformed(string why) => new(StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: {why}");

    public static DaprException HealthNotReady() => new(StatusCode.Internal, 500, "ERR_HEALTH_NOT_READY", "dapr is not ready");

    public static DaprException OutboundNotReady() => new(StatusCode.Internal, 500, "ERR_OUTBOUND_HEALTH_NOT_READY", "dapr outbound is not ready");

    public static DaprException AppIdNotMatch() => new(StatusCode.Internal, 500, "ERR_HEALTH_APPID_NOT_MATCH", "dapr app-id does not match");

    public static DaprException SecretStoresNotConfigured() => new(StatusCode.FailedPrecondition, 500, "ERR_SECRET_STORES_NOT_CONFIGURED", "secret store is not configured");

    /// <summary>401: daprd's own choice.</summary>
    public static DaprException SecretStoreNotFound(string store) => new(StatusCode.InvalidArgument, 401, "ERR_SECRET_STORE_NOT_FOUND", $"failed finding secret store with key {store}");

    public static DaprException Secret(string store, string name, string why) => new(StatusCode.Internal, 500, "ERR_SECRET_GET", $"failed getting secret with key {name} from secret store {store}: {why}");

    public static DaprException LockStoresNotConfigured() => new(StatusCode.FailedPrecondition, 500, "ERR_LOCK_STORE_NOT_CONFIGURED", "lock store is not configured");

    public static DaprException LockStoreNotFound(string store) => new(StatusCode.InvalidArgument, 400, "ERR_LOCK_STORE_NOT_FOUND", $"lock store {store} not found");

    public static DaprException ResourceIdEmpty(string store) => new(StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", $"ResourceId is empty in lock store {store}");

    public static DaprException LockOwnerEmpty(string store) => new(StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", $"LockOwner is empty in lock store {store}");

    public static DaprException ExpiryNotPositive(string store) => new(StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", $"ExpiryInSeconds is not positive in lock store {store}");

    public static DaprException TryLock(string why) => new(StatusCode.Internal, 500, "ERR_TRY_LOCK", $"failed to try acquiring lock: {why}");

    public static DaprException Unlock(string why) => new(StatusCode.Internal, 500, "ERR_UNLOCK", $"failed to release lock: {why}");

    public static DaprException ConfigurationStoresNotConfigured() => new(StatusCode.FailedPrecondition, 500, "ERR_CONFIGURATION_STORE_NOT_CONFIGURED", "configuration stores not configured");

    public static DaprException ConfigurationStoreNotFound(string store) => new(StatusCode.InvalidArgument, 500, "ERR_CONFIGURATION_STORE_NOT_FOUND", $"configuration store {store} not found");

    public static DaprException ConfigurationGet(string store, IEnumerable<string> keys, string why)
        => new(StatusCode.Internal, 500, "ERR_CONFIGURATION_GET", $"failed to get [{string.Join(' ', keys)}] from Configuration store {store}: {why}");

    public static DaprException AppChannelNil() => new(StatusCode.Internal, 500, "ERR_APP_CHANNEL_NIL", "app channel is not initialized. cannot subscribe to configuration updates");

    public static DaprException Binding(string name, string why) => new(StatusCode.Internal, 500, "ERR_INVOKE_OUTPUT_BINDING", $"error invoking output binding {name}: {why}");

    public static DaprException Invoke(string appId, string why) => new(StatusCode.Internal, 500, "ERR_DIRECT_INVOKE", $"failed to invoke, id: {appId}, err: {why}");

    public static DaprException InvokeNoAppId()
        => new(StatusCode.NotFound, 404, "ERR_DIRECT_INVOKE", "failed getting app id either from the URL path or the header dapr-app-id");
}
