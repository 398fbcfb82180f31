using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PodPool.DaprStandIn.Errors;

namespace PodPool.DaprStandIn.Http;

/// <summary>Answers as daprd writes them: dapr/dapr pkg/api/http/responses.go.</summary>
internal static class Reply
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task EmptyAsync(HttpContext context)
    {
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    public static Task DataAsync(HttpContext context, int status, ReadOnlyMemory<byte> data)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(data, context.RequestAborted).AsTask();
    }

    /// <summary>JSON with a line's end behind it, which Go's Encoder writes.</summary>
    public static Task JsonAsync(HttpContext context, JsonNode json, int status = 200)
        => DataAsync(context, status, (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(json, Plain), (byte)'\n']);

    /// <summary>Plain text, as Go's http.Error writes it.</summary>
    public static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }

    public static Task ErrorAsync(HttpContext context, DaprException error)
    {
        var body = new JsonObject { ["errorCode"] = error.ErrorCode, ["message"] = error.Message };
        if (error.Details.Count > 0)
        {
            body["details"] = new JsonArray([.. error.Details.Select(ErrorDetails.ToJson)]);
        }

        return DataAsync(context, error.HttpStatus, JsonSerializer.SerializeToUtf8Bytes(body, Plain));
    }

    /// <summary>A map as JSON, its names in order.</summary>
    public static JsonObject Map(IEnumerable<KeyValuePair<string, string>> map)
        => new(map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
}
