using System.Text;
using System.Text.Json.Nodes;
using Grpc.Core;
using PodPool.DaprStandIn.Apps;
using PodPool.DaprStandIn.Errors;
using PodPool.DaprStandIn.Go;
using PodPool.DaprStandIn.Grpc;
using PodPool.DaprStandIn.Invocation;

namespace PodPool.DaprStandIn.Http;

/// <summary>Calls of applications' methods by HTTP: what no other endpoint takes.</summary>
/// <remarks>
/// dapr/dapr pkg/api/http/directmessaging.go, findTargetIDAndMethod: the application is named by a header, by basic credentials, or by the path, in that
/// order; and the path is the one that was sent, not the cleaned one that was routed.
/// </remarks>
internal sealed class InvokeEndpoint(InvokeApi invoke)
{
    private const string AppIdHeader = "dapr-app-id";
    private const string MethodSegment = "/method/";

    /// <summary>What belongs to one connection, not to the message.</summary>
    private static readonly string[] OfTheConnection = ["Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "TE", "Host", "Content-Type", "Content-Length", AppIdHeader];

    public async Task InvokeAsync(HttpCall call)
    {
        var context = call.Context;
        var (target, method) = Find(call.Url.RawPath.Length > 0 ? call.Url.RawPath : call.Url.Path, context.Request.Headers);
        if (target.Length == 0)
        {
            throw OtherErrors.InvokeNoAppId();
        }

        var headers = context.Request.Headers.Where(header => !OfTheConnection.Contains(header.Key, StringComparer.OrdinalIgnoreCase))
            .SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value ?? ""))).ToList();
        var body = context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0 ? context.Request.Body : Stream.Null;
        var request = new AppCall(context.Request.Method, method, context.Request.QueryString.Value?.TrimStart('?') ?? "", headers, context.Request.ContentType, body);
        using var answer = await invoke.InvokeAsync(target, request, context.RequestAborted);
        await WriteAsync(context, answer);
    }

    private static async Task WriteAsync(HttpContext context, AppAnswer answer)
    {
        if (!answer.IsHttp && answer.Status != 0)
        {
            // An application of gRPC that said no: its status as JSON.
            var fault = new JsonObject { ["code"] = answer.Status, ["message"] = answer.Fault };
            await Reply.DataAsync(context, HttpStatusCodes.Of((StatusCode)answer.Status), Encoding.UTF8.GetBytes(fault.ToJsonString()));
            return;
        }

        context.Response.StatusCode = answer.IsHttp ? answer.Status : 200;
        foreach (var header in answer.Headers.Where(header => !OfTheConnection.Contains(header.Key, StringComparer.OrdinalIgnoreCase)).GroupBy(header => header.Key))
        {
            context.Response.Headers.Append(header.Key, header.Select(pair => pair.Value).ToArray());
        }

        context.Response.ContentType = answer.ContentType;
        await answer.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static (string Target, string Method) Find(string path, IHeaderDictionary headers)
    {
        if (headers[AppIdHeader] is [{ Length: > 0 } id, ..])
        {
            return (id, Cleaned(path));
        }

        if (headers.Authorization is [{ } authorization, ..] && authorization.StartsWith("Basic ", StringComparison.Ordinal) && Credentials(authorization) is [var user, var password]
            && user.Equals(AppIdHeader, StringComparison.OrdinalIgnoreCase))
        {
            return (password, Cleaned(path));
        }

        var rest = AfterInvoke(path);
        if (rest?.IndexOf(MethodSegment, StringComparison.Ordinal) is > 0 and var at)
        {
            var target = rest[..at];
            try
            {
                target = GoUrl.UnescapeParameter(target) is { Length: > 0 } unescaped ? unescaped : target;
            }
            catch (FormatException)
            {
                // Taken as it is.
            }

            return (target, rest[(at + MethodSegment.Length)..]);
        }

        return ("", "");
    }

    /// <summary>What follows "v1.0" and "invoke", with any number of slashes between; null: it does not begin so.</summary>
    private static string? AfterInvoke(string path)
    {
        foreach (var part in (string[])["v1.0", "invoke"])
        {
            path = path.TrimStart('/');
            if (!path.StartsWith(part + '/', StringComparison.Ordinal))
            {
                return null;
            }

            path = path[part.Length..];
        }

        return path.TrimStart('/');
    }

    private static string Cleaned(string path)
    {
        var cleaned = GoUrl.Clean(path);
        return (path.Length > 1 && path.EndsWith('/') && cleaned != "/" ? cleaned + "/" : cleaned)[1..];
    }

    private static string[] Credentials(string authorization)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(authorization["Basic ".Length..])).Split(':');
        }
        catch (FormatException)
        {
            return [];
        }
    }
}
