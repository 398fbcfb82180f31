using Microsoft.AspNetCore.Http;
using PodPool.Functions;

namespace PodPool.Rehearsal;

/// <summary>A function that needs nothing injected.</summary>
public sealed class BareRehearsal : IHttpFunction
{
    public Task HandleAsync(HttpContext context) => context.Response.WriteAsJsonAsync(new Answer($"hello {context.Request.Query["name"]}"), context.RequestAborted);

    private sealed record Answer(string Text);
}
