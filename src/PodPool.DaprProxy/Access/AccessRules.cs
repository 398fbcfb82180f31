using Grpc.Core;
using PodPool.Contracts.V1;

namespace PodPool.DaprProxy.Access;

/// <summary>Which calls a function may make.</summary>
/// <remarks>
/// Statuses and error codes are those that Dapr gives for a component that it does not have, or that its own scopes keep from an application
/// (https://docs.dapr.io/reference/errors/error-codes/ and <c>pkg/messages/predefined.go</c>, <c>pkg/api/errors</c> of dapr/dapr). The
/// messages say more: where the function would have to name it.
/// </remarks>
internal static class AccessRules
{
    /// <summary>Judges a call.</summary>
    /// <param name="function">Who calls, "namespace/name".</param>
    /// <param name="access">What it may use.</param>
    /// <param name="call">What it asks for.</param>
    /// <returns>Null: it may.</returns>
    public static DaprRefusal? Check(string function, DaprAccess access, DaprCall call) => call switch
    {
        DaprCall.State state => access.StateStores.Any(granted => granted.Store == state.Store) ? null : new(
            400, StatusCode.InvalidArgument, "ERR_STATE_STORE_NOT_FOUND", $"state store {state.Store} is not found: {Missing(function, "stateStores")}"),
        DaprCall.Publish publish => CheckTopic(function, access.PubSubs.FirstOrDefault(granted => granted.PubSub == publish.PubSub), publish),
        DaprCall.Binding binding => access.Bindings.Contains(binding.Name) ? null : new(
            500, StatusCode.Internal, "ERR_INVOKE_OUTPUT_BINDING",
            $"error invoking output binding {binding.Name}: couldn't find output binding {binding.Name}: {Missing(function, "bindings")}"),
        DaprCall.Secret secret => CheckSecret(function, access.SecretStores.FirstOrDefault(granted => granted.Store == secret.Store), secret),
        DaprCall.Configuration configuration => CheckConfiguration(
            function, access.ConfigurationStores.FirstOrDefault(granted => granted.Store == configuration.Store), configuration),
        DaprCall.Lock held => access.LockStores.Any(granted => granted.Store == held.Store) ? null : new(
            400, StatusCode.InvalidArgument, "ERR_LOCK_STORE_NOT_FOUND", $"lock store {held.Store} not found: {Missing(function, "lockStores")}"),
        DaprCall.Invoke invoke => access.Invoke.Contains(invoke.Target) ? null : new(
            403, StatusCode.PermissionDenied, "ERR_DIRECT_INVOKE",
            $"fail to invoke, id: {invoke.Target}, err: access denied: {Missing(function, "invoke")}"),
        DaprCall.Health or DaprCall.Metadata or DaprCall.Passed => null,
        DaprCall.Unknown unknown => new(404, StatusCode.Unimplemented, "ERR_NOT_FOUND", $"{unknown.What} is not found: the node's door to Dapr does not know it"),
        _ => throw new ArgumentOutOfRangeException(nameof(call)),
    };

    /// <summary>Whether something of a component is granted.</summary>
    public static bool Names(DaprAccess access, string component)
        => access.StateStores.Any(granted => granted.Store == component) || access.PubSubs.Any(granted => granted.PubSub == component)
            || access.Bindings.Contains(component) || access.SecretStores.Any(granted => granted.Store == component)
            || access.ConfigurationStores.Any(granted => granted.Store == component) || access.LockStores.Any(granted => granted.Store == component);

    private static DaprRefusal? CheckTopic(string function, PubSubAccess? granted, DaprCall.Publish publish)
        => granted is null
            ? new(404, StatusCode.InvalidArgument, "ERR_PUBSUB_NOT_FOUND", $"pubsub {publish.PubSub} is not found: {Missing(function, "pubSubs")}")
            : granted.Topics.Count == 0 || granted.Topics.Contains(publish.Topic) ? null : new(
                403, StatusCode.PermissionDenied, "ERR_PUBSUB_FORBIDDEN",
                $"topic {publish.Topic} is not allowed for {function}: it is not among the topics of {publish.PubSub} in the function's spec.dapr.pubSubs");

    private static DaprRefusal? CheckSecret(string function, SecretStoreAccess? granted, DaprCall.Secret secret)
        => granted is null
            ? new(401, StatusCode.InvalidArgument, "ERR_SECRET_STORE_NOT_FOUND", $"failed finding secret store with key {secret.Store}: {Missing(function, "secretStores")}")
            : secret.Namespace is not null ? new(
                403, StatusCode.PermissionDenied, "ERR_PERMISSION_DENIED",
                $"access denied by policy to the namespace \"{secret.Namespace}\" of \"{secret.Store}\": functions may read the store's own, without metadata.namespace")
            : granted.Secrets.Count == 0 || (secret.Name is { } name && granted.Secrets.Contains(name)) ? null : new(
                403, StatusCode.PermissionDenied, "ERR_PERMISSION_DENIED",
                secret.Name is null
                    ? $"access denied by policy to get all of \"{secret.Store}\": {function} may read the secrets that its spec.dapr.secretStores names, one by one"
                    : $"access denied by policy to get \"{secret.Name}\" from \"{secret.Store}\": it is not among the secrets in the spec.dapr.secretStores of {function}");

    private static DaprRefusal? CheckConfiguration(string function, ConfigurationStoreAccess? granted, DaprCall.Configuration asked)
    {
        if (granted is null)
        {
            return new(
                400, StatusCode.InvalidArgument, "ERR_CONFIGURATION_STORE_NOT_FOUND",
                $"configuration store {asked.Store} not found: {Missing(function, "configurationStores")}");
        }

        if (granted.Keys.Count == 0 || asked.Keys is null)
        {
            return null;
        }

        var denied = asked.Keys.Count == 0 ? "all keys" : asked.Keys.FirstOrDefault(key => !granted.Keys.Contains(key));
        return denied is null ? null : new(
            403, StatusCode.PermissionDenied, "ERR_PERMISSION_DENIED",
            $"access denied to {denied} of configuration store {asked.Store}: {function} may read the keys that its spec.dapr.configurationStores names");
    }

    private static string Missing(string function, string field) => $"it is not in spec.dapr.{field} of the function {function}";
}
