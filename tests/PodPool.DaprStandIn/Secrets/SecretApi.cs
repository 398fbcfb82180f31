using Dapr.Client.Autogen.Grpc.v1;
using PodPool.DaprStandIn.Components;
using PodPool.DaprStandIn.Errors;

namespace PodPool.DaprStandIn.Secrets;

/// <summary>What both APIs do with secrets.</summary>
internal sealed class SecretApi(ComponentSet components)
{
    /// <exception cref="DaprException">There is no such store, or no such secret in it.</exception>
    public GetSecretResponse Get(GetSecretRequest request)
        => Store(request.StoreName).Get(request.Key) is { } values
            ? new() { Data = { values.ToDictionary() } }
            : throw OtherErrors.Secret(request.StoreName, request.Key, $"secret {request.Key} not found");

    /// <exception cref="DaprException">There is no such store.</exception>
    public GetBulkSecretResponse GetAll(GetBulkSecretRequest request)
        => new() { Data = { Store(request.StoreName).All.ToDictionary(secret => secret.Key, secret => new SecretResponse { Secrets = { secret.Value.ToDictionary() } }) } };

    private LocalFileSecretStore Store(string name)
        => components.SecretStores.TryGetValue(name, out var store) ? store
            : throw (components.SecretStores.Count == 0 ? OtherErrors.SecretStoresNotConfigured() : OtherErrors.SecretStoreNotFound(name));
}
