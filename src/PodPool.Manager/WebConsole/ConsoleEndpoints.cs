using System.Text.Json;
using PodPool.Manager.Kubernetes.Pools;
using PodPool.Manager.Operations;
using PodPool.Manager.WebConsole.Advice;

namespace PodPool.Manager.WebConsole;

/// <summary>What is answered at the console's address. All of it only tells.</summary>
internal static class ConsoleEndpoints
{
    /// <summary>The page runs what comes from here and talks to nobody else; no other page may show it in a frame.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'";

    public static void Map(WebApplication app, ConsoleFeed feed, FunctionView view, AdviceDesk advice)
    {
        // First of all: a name that somebody else made point here must not open it to that one's pages.
        app.UseHostFiltering();
        app.Use((context, next) =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Policy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers.CacheControl = "no-store";
            return next(context);
        });
        app.MapGet("/", () => Results.Redirect("/console"));
        app.MapGet("/console", () => File("index.html"));
        app.MapGet("/console/{file}", (string file) => File(file));
        app.MapGet("/console/stream", context => StreamAsync(context, feed, app.Lifetime.ApplicationStopping));
        app.MapGet("/console/functions/{namespace}/{name}", context => DescribeAsync(context, view));

        // A cluster's pools have a namespace in their names, others have none.
        app.MapGet("/console/pools/{name}/advice", context => AdviseAsync(context, advice, app.Lifetime.ApplicationStopping));
        app.MapGet("/console/pools/{namespace}/{name}/advice", context => AdviseAsync(context, advice, app.Lifetime.ApplicationStopping));
    }

    private static IResult File(string name) => PageFiles.Find(name) is { } file ? Results.Bytes(file.Bytes, file.Type) : Results.NotFound();

    private static async Task StreamAsync(HttpContext context, ConsoleFeed feed, CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        if (feed.Watch(ending.Token) is not { } messages)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        context.Response.ContentType = "text/event-stream";
        try
        {
            await foreach (var message in messages.ConfigureAwait(false))
            {
                await context.Response.Body.WriteAsync(message, ending.Token).ConfigureAwait(false);
                await context.Response.Body.FlushAsync(ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Nobody looks any more, or the manager stops.
        }
    }

    private static Task DescribeAsync(HttpContext context, FunctionView view)
    {
        var values = context.Request.RouteValues;
        if (FunctionDetails.Of(view, new((string)values["namespace"]!, (string)values["name"]!)) is not { } details)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, details, ConsoleJson.Default.FunctionDetails, context.RequestAborted);
    }

    private static async Task AdviseAsync(HttpContext context, AdviceDesk desk, CancellationToken stopping)
    {
        var values = context.Request.RouteValues;
        var name = (string)values["name"]!;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            if (await desk.AskAsync(values["namespace"] is string space ? PoolMapping.KeyOf(space, name) : name, ending.Token).ConfigureAwait(false) is not { } advice)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            context.Response.ContentType = "application/json";
            await JsonSerializer.SerializeAsync(context.Response.Body, advice, ConsoleJson.Default.PoolAdvice, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Who asked has left, or the manager stops.
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            }
        }
    }
}
