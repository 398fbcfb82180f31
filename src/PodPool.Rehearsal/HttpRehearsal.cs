using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PodPool.Functions;

namespace PodPool.Rehearsal;

/// <summary>What functions over HttpContext commonly do.</summary>
public sealed partial class HttpRehearsal(ILogger<HttpRehearsal> logger) : IHttpFunction
{
    public async Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/stream":
                context.Response.ContentType = "text/plain";
                for (var line = 0; line < 3; line++)
                {
                    await context.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"line {line}\n"), context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                }

                break;
            case "/echo":
                await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
                break;
            case "/call":
                using (var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }))
                {
                    await context.Response.WriteAsync(await client.GetStringAsync(new Uri(context.Request.Query["url"]!), context.RequestAborted));
                }

                break;
            case "/error":
                throw new InvalidOperationException("rehearsed");
            default:
                Log.Answering(logger, context.Request.Query["name"].ToString());
                await context.Response.WriteAsJsonAsync(
                    new Message($"hello {context.Request.Query["name"]}", 1, 0.5, true, TimeProvider.System.GetUtcNow(), ["a", "b"]), context.RequestAborted);
                break;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Answering {Name}")]
        public static partial void Answering(ILogger logger, string name);
    }
}
