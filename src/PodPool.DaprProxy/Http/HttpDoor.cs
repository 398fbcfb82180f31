using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PodPool.DaprProxy.Access;
using PodPool.DaprProxy.Callers;
using PodPool.DaprProxy.State;
using Yarp.ReverseProxy.Forwarder;

namespace PodPool.DaprProxy.Http;

/// <summary>Dapr's HTTP API, as a function finds it: who calls is known, what it may not is refused, its keys are its own.</summary>
internal sealed class HttpDoor(DoorTargets targets, Gate gate, ICallers callers, IHttpForwarder forwarder) : IDisposable
{
    // A call of Dapr's may wait as long as its caller does: the caller's end is the door's.
    private static readonly ForwarderRequestConfig Forwarding = new() { ActivityTimeout = Timeout.InfiniteTimeSpan };

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
        ConnectTimeout = TimeSpan.FromSeconds(1),
    });

    /// <summary>Answers a call.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var (path, query) = Target(context);
        var route = HttpRoute.Parse(context.Request.Method, path, new DaprQuery(query));
        if (route.Call is DaprCall.Health)
        {
            // Dapr wants no token for it either.
            await ForwardAsync(context, Address(targets.Daprd, path), toRouter: false, null).ConfigureAwait(false);
            return;
        }

        var token = context.Request.Headers[DaprTransformer.TokenHeader].ToString();
        var entry = await gate.EnterAsync(token, context.Connection.RemoteIpAddress, route.Call, context.RequestAborted).ConfigureAwait(false);
        if (entry.Refusal is { } refusal)
        {
            await DaprErrors.WriteAsync(context, refusal).ConfigureAwait(false);
            return;
        }

        try
        {
            await PassAsync(context, entry.Caller!, route, path, query).ConfigureAwait(false);
        }
        finally
        {
            gate.Leave(entry);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task PassAsync(HttpContext context, Caller caller, HttpRoute route, string path, string query)
    {
        var space = KeySpaces.Of(caller, route.Call);
        Func<ReadOnlyMemory<byte>, byte[]>? request = route.Shape switch
        {
            HttpShape.Save => body => StateBodies.Save(body, space!),
            HttpShape.Bulk => body => StateBodies.BulkRequest(body, space!),
            HttpShape.Transaction => body => StateBodies.Transaction(body, space!),
            HttpShape.Lock => body => StateBodies.Lock(body, space!),
            _ => null,
        };
        if (request is not null && !await RewriteAsync(context, request).ConfigureAwait(false))
        {
            return;
        }

        Func<ReadOnlyMemory<byte>, byte[]>? answer = route.Shape switch
        {
            HttpShape.Bulk => body => StateBodies.BulkResponse(body, space!),
            HttpShape.Query => body => StateBodies.QueryResponse(body, space!),
            HttpShape.Metadata => body => MetadataBody.Of(body, caller),
            _ => null,
        };
        if (route.Call is DaprCall.Invoke { Target: var target })
        {
            // What a method is called with is its own affair: passed as it was sent.
            var function = FunctionTarget.PathIn(callers, target);
            var address = function is null ? Address(targets.Daprd, path + query) : Address(targets.Router, $"{function}/{AfterMethod(path)}{query}");
            await ForwardAsync(context, address, toRouter: function is not null, answer).ConfigureAwait(false);
            return;
        }

        // A colon in a key's prefix, escaped, also keeps daprd from decoding a path twice, which it does where it sees nothing that had to be escaped.
        var known = route is { Shape: HttpShape.Key, Call: DaprCall.State state }
            ? $"/{route.Version}/state/{Uri.EscapeDataString(state.Store)}/{Uri.EscapeDataString(space!.Enter(route.Key!))}"
            : path;
        await ForwardAsync(context, Address(targets.Daprd, known + new DaprQuery(query)), toRouter: false, answer).ConfigureAwait(false);
    }

    /// <summary>Puts another body in the place of a request's.</summary>
    /// <returns>False: it makes no sense, and is answered.</returns>
    private async Task<bool> RewriteAsync(HttpContext context, Func<ReadOnlyMemory<byte>, byte[]> rewrite)
    {
        try
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            {
                size.MaxRequestBodySize = targets.MaxBody;
            }

            using var buffer = new MemoryStream();
            await context.Request.Body.CopyToAsync(buffer, context.RequestAborted).ConfigureAwait(false);
            var body = rewrite(buffer.ToArray());
            context.Request.Body = new MemoryStream(body);
            context.Request.ContentLength = body.Length;
            context.Request.Headers.TransferEncoding = default;
            return true;
        }
        catch (FormatException exception)
        {
            await DaprErrors.WriteAsync(context, 400, "ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: {exception.Message}").ConfigureAwait(false);
            return false;
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            await DaprErrors.WriteAsync(context, 413, "ERR_REQUEST_BODY_TOO_LARGE", $"the body is longer than {targets.MaxBody} bytes").ConfigureAwait(false);
            return false;
        }
    }

    private async Task ForwardAsync(HttpContext context, Uri target, bool toRouter, Func<ReadOnlyMemory<byte>, byte[]>? answer)
    {
        var transformer = new DaprTransformer(target, toRouter ? null : targets.DaprdToken, answer, targets.MaxBody);
        var error = await forwarder.SendAsync(context, target.GetLeftPart(UriPartial.Authority), _client, Forwarding, transformer).ConfigureAwait(false);
        if (error != ForwarderError.None && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await DaprErrors.WriteAsync(
                context, 503, "ERR_SIDECAR_UNAVAILABLE", toRouter ? "the router cannot be reached" : "the node's daprd cannot be reached").ConfigureAwait(false);
        }
    }

    /// <remarks>Exactly as it is written: no part of it is to be decoded or cleaned on the way.</remarks>
    private static Uri Address(Uri server, string pathAndQuery)
        => new(server.GetLeftPart(UriPartial.Authority) + pathAndQuery, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    /// <summary>Of <c>/v1.0/invoke/TARGET/method/REST</c>, the rest as it was sent.</summary>
    private static string AfterMethod(string path)
    {
        const string Method = "/method/";
        var at = path.IndexOf(Method, StringComparison.Ordinal);
        return at < 0 ? "" : path[(at + Method.Length)..];
    }

    /// <summary>Path and query as they were sent: what Kestrel decoded cannot be told from what was sent so.</summary>
    private static (string Path, string Query) Target(HttpContext context)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var question = raw.IndexOf('?');
        return question < 0 ? (raw, "") : (raw[..question], raw[question..]);
    }
}
