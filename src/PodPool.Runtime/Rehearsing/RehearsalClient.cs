using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using Google.Protobuf;
using PodPool.Contracts;
using PodPool.Contracts.V1;
using PodPool.Contracts.Wire;

namespace PodPool.Runtime.Rehearsing;

/// <summary>Calls the pod's own endpoints over their own sockets, as the manager and the router will.</summary>
internal sealed class RehearsalClient : IDisposable
{
    private readonly HttpMessageInvoker _loader;
    private readonly HttpMessageInvoker _functions;
    private readonly string _loaderScheme;

    /// <param name="loaderAddress">Where the loader listens.</param>
    /// <param name="functionAddress">Where functions listen.</param>
    /// <param name="tls">How the loader is called; null: without TLS.</param>
    public RehearsalClient(string loaderAddress, string functionAddress, SslClientAuthenticationOptions? tls)
    {
        _loader = Connect(loaderAddress, tls);
        _functions = Connect(functionAddress, tls: null);
        _loaderScheme = tls is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
    }

    /// <summary>One call of the loader. The frames are made by hand: a gRPC client would be in the image for this alone.</summary>
    public async Task<T> LoaderAsync<T>(string method, MessageParser<T> answer, IEnumerable<IMessage> parts, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        using var body = new MemoryStream();
        var prefix = new byte[5];
        foreach (var part in parts)
        {
            BinaryPrimitives.WriteInt32BigEndian(prefix.AsSpan(1), part.CalculateSize());
            body.Write(prefix);
            part.WriteTo(body);
        }

        body.Position = 0;
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_loaderScheme}://pod/podpool.v1.Loader/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StreamContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = await _loader.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var message = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var status = Trailer(response, "grpc-status");
        return status == "0" && message.Length >= 5
            ? answer.ParseFrom(message.AsSpan(5))
            : throw new InvalidOperationException(
                $"the rehearsal's {method} was refused: gRPC status {status}, {Uri.UnescapeDataString(Trailer(response, "grpc-message"))}");
    }

    /// <summary>One request to the function.</summary>
    /// <returns>The body of the response.</returns>
    /// <exception cref="InvalidOperationException">The status is not the expected one.</exception>
    public async Task<string> CallAsync(RehearsalRequest call, string instanceId, Version version, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(call.Body is null ? HttpMethod.Get : HttpMethod.Post, $"http://pod{call.Path}")
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Add(WireHeaders.Instance, instanceId);
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        foreach (var (name, value) in call.Headers)
        {
            request.Headers.Add(name, value);
        }

        if (call.Body is not null)
        {
            request.Content = new StringContent(call.Body, MediaTypeHeaderValue.Parse(call.ContentType));
        }

        using var response = await _functions.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        return (int)response.StatusCode == call.Status
            ? text
            : throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"the rehearsal's request {call.Path} got status {(int)response.StatusCode}, not {call.Status}: {text}"));
    }

    public void Dispose()
    {
        _loader.Dispose();
        _functions.Dispose();
    }

    private static HttpMessageInvoker Connect(string address, SslClientAuthenticationOptions? tls)
    {
        var endPoint = PodAddress.Parse(address, out _);
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = (_, token) => PodAddress.ConnectAsync(endPoint, token),
        };
        if (tls is not null)
        {
            handler.SslOptions = tls;
        }

        return new HttpMessageInvoker(handler);
    }

    private static string Trailer(HttpResponseMessage response, string name)
        => response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.First() : "";
}
