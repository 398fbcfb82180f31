using k8s;
using k8s.Exceptions;
using k8s.Models;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>
/// The connection to the API server. Configuration, credentials, TLS and the models are the client library's; the requests are
/// <see cref="Resource{T}"/>'s, one way for all kinds, and pass through this process's retries, limits and figures.
/// </summary>
internal sealed class KubernetesApi : IDisposable
{
    private static readonly ApiCall Forwarding = new("get", "pods/portforward", ApiLane.Urgent, Repeatable: false, Retried: false);

    private readonly k8s.Kubernetes _client;
    private readonly ApiRetryHandler _handlers;
    private readonly TimeProvider _time;

    /// <param name="configuration">Where the server is, and who asks.</param>
    /// <param name="options">How it is asked.</param>
    /// <param name="metrics">Null: nobody counts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of retries.</param>
    public KubernetesApi(KubernetesClientConfiguration configuration, KubernetesApiOptions options, ApiMetrics? metrics, TimeProvider time, ILogger<KubernetesApi> logger)
    {
        Options = options;
        _time = time;
        _handlers = new ApiRetryHandler(options, time, logger) { InnerHandler = new ApiRateHandler(options) { InnerHandler = new ApiAttemptHandler(options, metrics, time) } };
        configuration.FirstMessageHandlerSetup = sockets =>
        {
            // A connection that silently died is noticed within these, and one connection's limit of streams is no limit to requests.
            sockets.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
            sockets.KeepAlivePingDelay = options.PingDelay;
            sockets.KeepAlivePingTimeout = options.PingTimeout;
            sockets.EnableMultipleHttp2Connections = true;
            sockets.ConnectTimeout = options.AnswerTimeout;
        };
        _client = new(configuration, _handlers) { CreateWebSocketBuilder = static () => new ForwardRequest(Forwarding) };
        Namespace = string.IsNullOrEmpty(configuration.Namespace) ? "default" : configuration.Namespace;
    }

    /// <summary>How it is asked.</summary>
    public KubernetesApiOptions Options { get; }

    /// <summary>The namespace of the account, or of the kubeconfig's context.</summary>
    public string Namespace { get; }

    /// <summary>Reads the configuration; sends nothing yet.</summary>
    /// <exception cref="ManagerOptionsException">There is no configuration, or it cannot be read.</exception>
    public static KubernetesApi Connect(KubernetesApiOptions options, ApiMetrics? metrics, TimeProvider time, ILogger<KubernetesApi> logger)
        => new(ConfigurationOf(options), options, metrics, time, logger);

    /// <summary>The objects of a kind.</summary>
    /// <param name="namespace">Lists and watches see only this one's; null: all.</param>
    /// <param name="labels">Lists and watches see only what has these labels: <c>a=b,c</c>; null: all.</param>
    /// <param name="fields">Lists and watches see only what has these fields: <c>metadata.name=a</c>; null: all.</param>
    /// <param name="urgent">Its requests stand in no queue.</param>
    public Resource<T> Resource<T>(string? @namespace = null, string? labels = null, string? fields = null, bool urgent = false)
        where T : class, IKubernetesObject<V1ObjectMeta>
        => new(this, _time) { Namespace = @namespace, Labels = labels, Fields = fields, Urgent = urgent };

    /// <summary>Sends a request.</summary>
    /// <returns>An answer of success, whose body is still on its way.</returns>
    /// <exception cref="ApiException">There was none, or it was not of success.</exception>
    public async Task<HttpResponseMessage> SendAsync(ApiCall call, HttpMethod method, string pathAndQuery, HttpContent? content, CancellationToken cancellationToken)
    {
        // Credentials are asked for each time: tokens are rotated. The version lets a server without TLS be spoken to as well.
        using var request = new HttpRequestMessage(method, new Uri(_client.BaseUri, pathAndQuery))
        {
            Content = content,
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        call.Describe(request);
        HttpResponseMessage response;
        try
        {
            if (_client.Credentials is { } credentials)
            {
                await credentials.ProcessHttpRequestAsync(request, cancellationToken).ConfigureAwait(false);
            }

            response = await _client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw Unreachable(call, exception);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await ApiException.OfAsync(call.Doing, response, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Opens a way to a port of a pod, as <c>kubectl port-forward</c> does; asked once.</summary>
    /// <exception cref="ApiException">It was not opened: there is no such pod, the right is missing, or the server cannot be reached.</exception>
    public async Task<Stream> ForwardAsync(ObjectName pod, int port, CancellationToken cancellationToken)
    {
        try
        {
            var socket = await _client.WebSocketNamespacedPodPortForwardAsync(pod.Name, pod.Namespace, [port], ForwardedStream.Protocol, null, cancellationToken)
                .WaitAsync(Options.AnswerTimeout, _time, cancellationToken).ConfigureAwait(false);
            return new ForwardedStream(socket);
        }
        catch (Exception exception) when (exception is System.Net.WebSockets.WebSocketException or HttpRequestException or IOException or TimeoutException)
        {
            throw Unreachable(Forwarding, exception.InnerException is HttpRequestException inner ? inner : exception);
        }
    }

    /// <summary>A connection failed.</summary>
    public static ApiException Unreachable(ApiCall call, Exception exception) => new(ApiFailure.Unreachable, $"cannot {call.Doing}: {exception.Message}", exception);

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _handlers.Dispose();
    }

    private static KubernetesClientConfiguration ConfigurationOf(KubernetesApiOptions options)
    {
        try
        {
            if (options.KubeConfig is { } file)
            {
                return File.Exists(file)
                    ? KubernetesClientConfiguration.BuildConfigFromConfigFile(file, options.Context)
                    : throw new ManagerOptionsException($"there is no kubeconfig file '{file}': name one that exists, or none inside a pod");
            }

            return KubernetesClientConfiguration.IsInCluster()
                ? KubernetesClientConfiguration.InClusterConfig()
                : throw new ManagerOptionsException("this process runs in no pod with a service account: name a kubeconfig file");
        }
        catch (Exception exception) when (exception is KubeConfigException or KubernetesClientException or IOException or FormatException or YamlDotNet.Core.YamlException)
        {
            throw new ManagerOptionsException($"cannot read how to reach the API server: {exception.Message}");
        }
    }
}
