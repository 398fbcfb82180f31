using Microsoft.AspNetCore.Http.Features;
using PodPool.DaprStandIn.Errors;
using PodPool.DaprStandIn.Go;

namespace PodPool.DaprStandIn.Http;

/// <summary>Dapr's HTTP API.</summary>
/// <remarks>
/// The way in: dapr/dapr pkg/api/http/server.go and middlewares.go. A path is cleaned of empty and dotted segments before it is routed, escaped as it is; each
/// parameter is decoded after that. What no route takes is a call of an application's method, if a header names the application.
/// </remarks>
internal sealed class HttpApi(
    string? apiToken, bool decodeTwice, StateEndpoints state, PublishEndpoints publish, OtherEndpoints other, ConfigurationEndpoints configuration, InvokeEndpoint invoke)
{
    public async Task HandleAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var at = target.IndexOf('?', StringComparison.Ordinal);
        var path = at < 0 ? target : target[..at];
        GoUrl url;
        try
        {
            url = GoUrl.Parse(path);
        }
        catch (FormatException)
        {
            await Reply.TextAsync(context, 400, "400 Bad Request");
            return;
        }

        if (apiToken is not null)
        {
            // Health is asked by those who have no token (middlewares.go, isRouteExcludedFromAPITokenAuth).
            var exempt = context.Request.Method == "GET" && url.Path.Trim('/') is "v1.0/healthz" or "v1.0/healthz/outbound";
            if (context.Request.Headers["dapr-api-token"] != apiToken && !exempt)
            {
                await Reply.TextAsync(context, 401, "invalid api token");
                return;
            }

            context.Request.Headers.Remove("dapr-api-token");
        }

        try
        {
            var call = new HttpCall(context, url, new(at < 0 ? "" : target[at..]));
            await RouteAsync(call, GoUrl.Clean(!decodeTwice ? url.EscapedPath : url.RawPath.Length > 0 ? url.RawPath : url.Path)[1..].Split('/'));
        }
        catch (UnescapeException exception)
        {
            await Reply.TextAsync(context, 400, exception.Message);
        }
        catch (DaprException exception)
        {
            await Reply.ErrorAsync(context, exception);
        }
    }

    private Task RouteAsync(HttpCall call, string[] segments)
    {
        var write = call.Method is "POST" or "PUT";
        var read = call.Method == "GET";
        return segments switch
        {
            ["v1.0", "state", var store] when write => state.SaveAsync(call, Text("storeName", store)),
            ["v1.0", "state", var store, "bulk"] when write => state.GetAllAsync(call, Text("storeName", store)),
            ["v1.0", "state", var store, "transaction"] when write => state.RunAsync(call, Text("storeName", store)),
            ["v1.0-alpha1", "state", var store, "query"] when write => state.QueryAsync(call, Text("storeName", store)),
            ["v1.0", "state", var store, var key] when read => state.GetAsync(call, Text("storeName", store), Text("key", key)),
            ["v1.0", "state", var store, var key] when call.Method == "DELETE" => state.DeleteAsync(call, Text("storeName", store), Text("key", key)),
            ["v1.0" or "v1.0-alpha1", "publish", "bulk", var pubSub, _, ..] when write => publish.PublishAllAsync(call, Text("pubsubname", pubSub), Topic(segments[4..])),
            ["v1.0", "publish", var pubSub, _, ..] when write => publish.PublishAsync(call, Text("pubsubname", pubSub), Topic(segments[3..])),
            ["v1.0", "bindings", var name] when write => other.BindAsync(call, Text("name", name)),
            ["v1.0", "secrets", var store, "bulk"] when read => other.SecretsAsync(call, Text("secretStoreName", store)),
            ["v1.0", "secrets", var store, var key] when read => other.SecretAsync(call, Text("secretStoreName", store), Text("key", key)),
            ["v1.0" or "v1.0-alpha1", "configuration", var store] when read => configuration.GetAsync(call, Text("storeName", store)),
            ["v1.0" or "v1.0-alpha1", "configuration", var store, "subscribe"] when read => configuration.SubscribeAsync(call, Text("storeName", store)),
            ["v1.0" or "v1.0-alpha1", "configuration", var store, var id, "unsubscribe"] when read
                => configuration.UnsubscribeAsync(call, Text("storeName", store), Text("configurationSubscribeID", id)),
            ["v1.0-alpha1", "lock", var store] when call.Method == "POST" => other.LockAsync(call, Text("storeName", store)),
            ["v1.0-alpha1", "unlock", var store] when call.Method == "POST" => other.UnlockAsync(call, Text("storeName", store)),
            ["v1.0", "healthz"] when read => other.HealthAsync(call),
            ["v1.0", "healthz", "outbound"] when read => other.OutboundHealthAsync(call),
            ["v1.0", "metadata"] when read => other.MetadataAsync(call),
            ["v1.0", "metadata", var key] when call.Method == "PUT" => other.SetMetadataAsync(call, Text("key", key)),
            ["v1.0", "shutdown"] when call.Method == "POST" => other.ShutdownAsync(call),
            _ => invoke.InvokeAsync(call),
        };
    }

    /// <remarks>A topic may hold slashes: all that is left of the path is its name.</remarks>
    private static string Topic(string[] segments) => Text("*", string.Join('/', segments));

    private static string Text(string name, string segment)
    {
        try
        {
            return GoUrl.UnescapeParameter(segment);
        }
        catch (FormatException exception)
        {
            throw new UnescapeException($"failed to unescape request parameter \"{name}\". Error: {exception.Message}");
        }
    }

    private sealed class UnescapeException(string message) : Exception(message);
}
