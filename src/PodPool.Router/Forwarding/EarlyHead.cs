using System.Net;

namespace PodPool.Router.Forwarding;

/// <summary>Sends a response's head on when its body is not there yet, as a stream of events or a conversation may begin.</summary>
/// <remarks>
/// The forwarder lets the head go with the first bytes of the body: best where they come together, a wait without end where the function waits
/// for its caller first. So a look at the body decides. Never for gRPC, where a head alone and a head before the trailers are different
/// things, and the forwarder takes care itself.
/// </remarks>
internal static class EarlyHead
{
    /// <returns>True: the response goes on to the caller.</returns>
    public static ValueTask<bool> SendAsync(HttpContext context, HttpResponseMessage response, CancellationToken cancellationToken)
        => response.StatusCode is HttpStatusCode.SwitchingProtocols or HttpStatusCode.NoContent or HttpStatusCode.NotModified
            || HttpMethods.IsHead(context.Request.Method)
            || HttpMethods.IsConnect(context.Request.Method)
            || context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true
                ? new(true)
                : LookAsync(context, response, cancellationToken);

    private static async ValueTask<bool> LookAsync(HttpContext context, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // Only what is there already is asked for: the stream is at hand since the head is, and a read of nothing waits for the first byte
        // without taking it.
        var body = response.Content.ReadAsStream(cancellationToken);
        var data = body.ReadAsync(Memory<byte>.Empty, cancellationToken);
        if (data.IsCompletedSuccessfully)
        {
            // Awaited though nothing is waited for: its source may be used again only then.
            await data.ConfigureAwait(false);
            return true;
        }

        var begun = data.AsTask();

        // Not cancelled: with nobody there it returns, and what follows ends the request.
        await context.Response.Body.FlushAsync(CancellationToken.None).ConfigureAwait(false);

        // The body's own trouble is found again by whoever reads it next, and told as what it is.
        await ((Task)begun).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return true;
    }
}
