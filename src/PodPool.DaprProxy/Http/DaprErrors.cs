using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using PodPool.DaprProxy.Access;

namespace PodPool.DaprProxy.Http;

/// <summary>Errors in the form of Dapr's HTTP API: <c>{"errorCode":"ERR_…","message":"…"}</c>.</summary>
internal static partial class DaprErrors
{
    public static Task WriteAsync(HttpContext context, DaprRefusal refusal) => WriteAsync(context, refusal.HttpStatus, refusal.ErrorCode, refusal.Message);

    public static async Task WriteAsync(HttpContext context, int status, string errorCode, string message)
    {
        context.Response.Clear();
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        var body = JsonSerializer.SerializeToUtf8Bytes(new Error(errorCode, message), ErrorJson.Default.Error);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    private sealed record Error(string ErrorCode, string Message);

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    [JsonSerializable(typeof(Error))]
    private sealed partial class ErrorJson : JsonSerializerContext;
}
