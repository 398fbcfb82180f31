using System.Net.WebSockets;
using k8s;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>The request that becomes a forwarded port. The client library forgets which status it was refused with.</summary>
internal sealed class ForwardRequest(ApiCall call) : WebSocketBuilder
{
    /// <exception cref="ApiException">The server refused.</exception>
    public override async Task<WebSocket> BuildAndConnectAsync(Uri uri, CancellationToken cancellationToken)
    {
        Options.CollectHttpResponseDetails = true;
        try
        {
            return await base.BuildAndConnectAsync(uri, cancellationToken).ConfigureAwait(false);
        }
        catch (WebSocketException) when (WebSocket.HttpStatusCode is var status && (int)status >= 400)
        {
            throw ApiException.Of(call.Doing, (int)status, null);
        }
    }
}
