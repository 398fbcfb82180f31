using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.WebUtilities;
using PodPool.DaprProxy.Inbound;

namespace PodPool.DaprProxy.Grpc;

/// <summary>A function that is invoked by gRPC: called by HTTP through the router, and its answer told as daprd tells that of an application which speaks HTTP.</summary>
/// <param name="router">The router.</param>
/// <param name="maxBody">Bytes of an answer: it is one message.</param>
internal sealed class FunctionInvocation(Uri router, int maxBody) : IDisposable
{
    /// <summary>Where daprd says what an application's status was.</summary>
    private const string HttpStatusHeader = "dapr-http-status";

    /// <summary>Bytes of an application's words that go into an error, as in daprd.</summary>
    private const int LongestDetail = 63;

    /// <summary>Of the way to the router, whatever a caller says.</summary>
    private static readonly FrozenSet<string> Hop = FrozenSet.ToFrozenSet(
        ["connection", "content-length", "expect", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"], StringComparer.OrdinalIgnoreCase);

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(1),
    });

    /// <summary>Calls it.</summary>
    /// <param name="function"><c>/namespace/name</c>.</param>
    /// <param name="message">What it is called with.</param>
    /// <param name="metadata">What goes along, as headers.</param>
    /// <param name="context">The call, whose headers say which status the function answered with.</param>
    /// <exception cref="FormatException">The method is no path in a function, or the content type none.</exception>
    /// <exception cref="RpcException">It answered with another status than 2xx, or the router cannot be reached.</exception>
    public async Task<InvokeResponse> InvokeAsync(string function, InvokeRequest message, Metadata metadata, ServerCallContext context)
    {
        using var request = RequestOf(function, message, metadata);
        try
        {
            using var response = await _client.SendAsync(request, context.CancellationToken).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(maxBody, context.CancellationToken).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(context.CancellationToken).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            await context.WriteResponseHeadersAsync(new() { { HttpStatusHeader, status.ToString(CultureInfo.InvariantCulture) } }).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? new() { ContentType = response.Content.Headers.ContentType?.ToString() ?? "", Data = new() { Value = ByteString.CopyFrom(body) } }
                : throw ErrorOf(status, body);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new RpcException(new(StatusCode.ResourceExhausted, $"the answer of {function[1..]} is longer than {maxBody} bytes, which one message may have: invoke it by HTTP"));
        }
        catch (HttpRequestException exception)
        {
            throw new RpcException(new(StatusCode.Unavailable, $"the router cannot be reached: {exception.Message}"));
        }
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage RequestOf(string function, InvokeRequest message, Metadata metadata)
    {
        var extension = message.HttpExtension;
        var verb = extension?.Verb is { } given and not HTTPExtension.Types.Verb.None ? given.ToString().ToUpperInvariant() : "POST";
        var query = extension?.Querystring is { Length: > 0 } text ? "?" + text.TrimStart('?') : "";
        var path = "/" + message.Method.TrimStart('/') + query;
        if (!FunctionPath.IsWithin(path) || path.Any(character => character is <= ' ' or >= '\x7f' or '#'))
        {
            throw new FormatException($"'{path}' is no path in a function: escape what no address may hold, and leave out segments that go up");
        }

        // As it is written: no part of it is to be decoded or cleaned on the way.
        var target = new Uri(router.GetLeftPart(UriPartial.Authority) + function + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new(verb), target);
        foreach (var entry in metadata.Where(entry => !entry.IsBinary && !Hop.Contains(entry.Key)))
        {
            request.Headers.TryAddWithoutValidation(entry.Key, entry.Value);
        }

        if (message.Data?.Value is { Length: > 0 } data)
        {
            request.Content = new ReadOnlyMemoryContent(data.Memory);
            if (message.ContentType.Length > 0)
            {
                request.Content.Headers.ContentType = MediaTypeHeaderValue.TryParse(message.ContentType, out var type)
                    ? type
                    : throw new FormatException($"the content type '{message.ContentType}' is none");
            }
        }

        return request;
    }

    /// <remarks>Code, message and details as daprd makes them of an application's status (ErrorFromHTTPResponseCode in dapr/dapr, <c>pkg/messaging/v1/util.go</c>).</remarks>
    private static RpcException ErrorOf(int status, byte[] body)
    {
        var phrase = ReasonPhrases.GetReasonPhrase(status);
        var detail = System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, LongestDetail)));
        var info = new ErrorInfo
        {
            Reason = phrase,
            Domain = "dapr.io",
            Metadata = { ["http.code"] = status.ToString(CultureInfo.InvariantCulture), ["http.error_message"] = detail },
        };
        return new Google.Rpc.Status { Code = (int)CodeOf(status), Message = phrase, Details = { Any.Pack(info) } }.ToRpcException();
    }

    private static StatusCode CodeOf(int status) => status switch
    {
        408 => StatusCode.Cancelled,
        400 => StatusCode.Internal,
        504 => StatusCode.DeadlineExceeded,
        404 => StatusCode.NotFound,
        409 => StatusCode.AlreadyExists,
        403 => StatusCode.PermissionDenied,
        401 => StatusCode.Unauthenticated,
        429 => StatusCode.ResourceExhausted,
        501 => StatusCode.Unimplemented,
        503 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };
}
