using Microsoft.AspNetCore.Http;
using PodPool.DaprProxy.State;
using Yarp.ReverseProxy.Forwarder;

namespace PodPool.DaprProxy.Http;

/// <summary>A request on its way to where it is meant for, and the answer on its way back.</summary>
/// <param name="target">The whole address.</param>
/// <param name="token">The token for daprd; null: none goes along.</param>
/// <param name="answer">What becomes of the body of a good answer; null: it passes as it is.</param>
/// <param name="maxBody">Bytes of a body that is rewritten.</param>
internal sealed class DaprTransformer(Uri target, string? token, Func<ReadOnlyMemory<byte>, byte[]>? answer, long maxBody) : HttpTransformer
{
    /// <summary>Dapr's header for a token, and the variable's value that functions send in it.</summary>
    public const string TokenHeader = "dapr-api-token";

    /// <summary>Names an application beside the path; daprd heeds it wherever it does not know a path.</summary>
    public const string AppIdHeader = "dapr-app-id";

    public override async ValueTask TransformRequestAsync(HttpContext context, HttpRequestMessage request, string prefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(context, request, prefix, cancellationToken).ConfigureAwait(false);
        request.RequestUri = target;
        request.Headers.Host = null;
        request.Headers.Remove(TokenHeader);
        request.Headers.Remove(AppIdHeader);
        if (token is not null)
        {
            request.Headers.Add(TokenHeader, token);
        }
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext context, HttpResponseMessage? response, CancellationToken cancellationToken)
    {
        if (answer is null || response is not { IsSuccessStatusCode: true, Content: { } content })
        {
            return await base.TransformResponseAsync(context, response, cancellationToken).ConfigureAwait(false);
        }

        byte[] body;
        try
        {
            await content.LoadIntoBufferAsync(maxBody, cancellationToken).ConfigureAwait(false);
            body = await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            body = body.Length == 0 ? body : answer(body);
        }
        catch (Exception exception) when (exception is FormatException or HttpRequestException)
        {
            await DaprErrors.WriteAsync(context, 502, "ERR_STATE_GET", $"daprd's answer cannot be read: {exception.Message}").ConfigureAwait(false);
            return false;
        }

        content.Headers.ContentLength = null;
        await base.TransformResponseAsync(context, response, cancellationToken).ConfigureAwait(false);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, cancellationToken).ConfigureAwait(false);
        return false;
    }
}
