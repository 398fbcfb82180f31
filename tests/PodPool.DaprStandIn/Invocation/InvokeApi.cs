using PodPool.DaprStandIn.Apps;
using PodPool.DaprStandIn.Errors;

namespace PodPool.DaprStandIn.Invocation;

/// <summary>What both APIs do with calls of applications' methods.</summary>
/// <remarks>
/// dapr/dapr pkg/messaging/direct_messaging.go. Other applications are where the process was told that they are: their own daprd is not in between.
/// </remarks>
internal sealed class InvokeApi(string appId, IApp? app, IReadOnlyDictionary<string, IApp> peers)
{
    /// <exception cref="DaprException">There is no such application, or it cannot be reached.</exception>
    public async Task<AppAnswer> InvokeAsync(string target, AppCall call, CancellationToken cancellationToken)
    {
        // "id" or "id.namespace".
        var parts = target.Split('.');
        if (parts.Length > 2)
        {
            throw OtherErrors.Invoke(target, $"invalid app id {target}");
        }

        var called = peers.GetValueOrDefault(target) ?? peers.GetValueOrDefault(parts[0]) ?? (parts[0] != appId
            ? throw OtherErrors.Invoke(target, $"couldn't find service: {parts[0]}")
            : app ?? throw OtherErrors.Invoke(target, "cannot invoke local endpoint: app channel not initialized"));
        call = call with
        {
            Headers = [.. call.Headers, new("dapr-caller-app-id", appId), new("dapr-callee-app-id", parts[0])],
        };
        try
        {
            return await called.InvokeAsync(call, cancellationToken);
        }
        catch (AppException exception)
        {
            throw OtherErrors.Invoke(target, exception.Message);
        }
    }
}
