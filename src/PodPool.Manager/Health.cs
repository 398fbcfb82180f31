namespace PodPool.Manager;

/// <summary>Says whether the manager lives, and whether it is ready to lead: whatever asks gets the truth in a status code and a line of text.</summary>
internal static class Health
{
    /// <summary>Answers <c>/healthz</c> and <c>/readyz</c>.</summary>
    public static Task AnswerAsync(HttpContext context)
    {
        // It listens only after it has found out what exists: so to answer is to be ready.
        var (status, text) = context.Request.Path.Value switch
        {
            "/healthz" => (StatusCodes.Status200OK, "ok\n"),
            "/readyz" => context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested
                ? (StatusCodes.Status503ServiceUnavailable, "the manager stops\n")
                : (StatusCodes.Status200OK, "ok\n"),
            _ => (StatusCodes.Status404NotFound, "ask for /healthz or /readyz\n"),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
