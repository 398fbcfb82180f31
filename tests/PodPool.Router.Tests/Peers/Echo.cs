using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace PodPool.Router.Tests.Peers;

/// <summary>What a function sees of a request, sent back.</summary>
internal sealed record Seen(string Method, string Target, string Protocol, Dictionary<string, string> Headers, string Body)
{
    public static async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var seen = new Seen(
            context.Request.Method,
            context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            context.Request.Protocol,
            context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
            await reader.ReadToEndAsync(context.RequestAborted));
        await context.Response.WriteAsJsonAsync(seen, context.RequestAborted);
    }

    public static async Task<Seen> ReadAsync(HttpResponseMessage response)
        => JsonSerializer.Deserialize<Seen>(await response.Content.ReadAsStringAsync(Platform.Cancelled), JsonSerializerOptions.Web)!;
}
