using System.Globalization;
using Microsoft.Extensions.Options;

namespace Bookshop;

/// <summary>Tells the caller who answered, and how long it took.</summary>
internal sealed class ElapsedHeader(RequestDelegate next, TimeProvider time, IOptions<ShopOptions> options)
{
    public Task InvokeAsync(HttpContext context)
    {
        var begun = time.GetTimestamp();
        context.Response.OnStarting(() =>
        {
            context.Response.Headers["X-Shop"] = options.Value.Name;
            context.Response.Headers["X-Elapsed-Ms"] = time.GetElapsedTime(begun).TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });
        return next(context);
    }
}
