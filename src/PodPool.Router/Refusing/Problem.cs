using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.Router.Refusing;

/// <summary>A refusal as callers see it: <c>application/problem+json</c>, or a gRPC status for those who speak gRPC.</summary>
internal static class Problem
{
    /// <summary>Answers a request whose answer has not begun.</summary>
    /// <param name="context">The request.</param>
    /// <param name="refusal">Why.</param>
    /// <param name="outcome">How it had come to the instance that failed it; null: it came to none.</param>
    public static Task WriteAsync(HttpContext context, Refusal refusal, string? outcome)
    {
        var response = context.Response;
        response.Clear();
        if (outcome is not null)
        {
            response.Headers[WireHeaders.Start] = outcome;
        }

        if (refusal.RetryAfter is { } after)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true
            ? WriteGrpc(response, context.Request.ContentType, refusal)
            : WriteJsonAsync(response, refusal, context.RequestAborted);
    }

    /// <summary>The status that says whose fault it is, and whether it helps to try again.</summary>
    public static int StatusOf(Reason reason) => reason switch
    {
        Reason.FunctionNotFound or Reason.FunctionDeleted => StatusCodes.Status404NotFound,
        Reason.FunctionTimeout => StatusCodes.Status504GatewayTimeout,
        Reason.InvalidArgument => StatusCodes.Status400BadRequest,
        Reason.Internal => StatusCodes.Status500InternalServerError,
        Reason.BreakerOpen or Reason.InstanceGone or Reason.FunctionError => StatusCodes.Status502BadGateway,
        _ => reason.IsFaultOfCode() ? StatusCodes.Status502BadGateway : StatusCodes.Status503ServiceUnavailable,
    };

    private static async Task WriteJsonAsync(HttpResponse response, Refusal refusal, CancellationToken cancellationToken)
    {
        var status = StatusOf(refusal.Reason);
        response.StatusCode = status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new ProblemBody("about:blank", ReasonPhrases.GetReasonPhrase(status), status, refusal.Message, refusal.Reason.WireName()),
            ProblemJson.Default.ProblemBody);
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, cancellationToken).ConfigureAwait(false);
    }

    /// <remarks>Headers alone: gRPC reads a status from them as from trailers.</remarks>
    private static Task WriteGrpc(HttpResponse response, string contentType, Refusal refusal)
    {
        var error = refusal.Reason.ToException(refusal.Message);
        response.ContentType = contentType;
        response.Headers["grpc-status"] = ((int)error.StatusCode).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(refusal.Message);
        foreach (var entry in error.Trailers)
        {
            response.Headers[entry.Key] = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;
        }

        return Task.CompletedTask;
    }
}
