using PodPool.DaprStandIn.Go;

namespace PodPool.DaprStandIn.Http;

/// <summary>A request of the HTTP API.</summary>
/// <param name="Context">The request.</param>
/// <param name="Url">Its path, as Go keeps it.</param>
/// <param name="Query">What is behind the path.</param>
internal sealed record HttpCall(HttpContext Context, GoUrl Url, GoQuery Query)
{
    public string Method => Context.Request.Method;

    /// <summary>What the caller gives a component.</summary>
    public Dictionary<string, string> Metadata => Query.Metadata();

    public async Task<byte[]> ReadBodyAsync()
    {
        using var body = new MemoryStream();
        await Context.Request.Body.CopyToAsync(body, Context.RequestAborted);
        return body.ToArray();
    }
}
