using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using PodPool.DaprStandIn.Grpc;
using PodPool.DaprStandIn.PubSub;

namespace PodPool.DaprStandIn.Apps;

/// <summary>An application that speaks gRPC.</summary>
/// <remarks>dapr/dapr pkg/channel/grpc/grpc_channel.go, pkg/runtime/subscription/postman/grpc/grpc.go.</remarks>
internal sealed class GrpcApp : IApp
{
    private const string Callback = "dapr.proto.runtime.v1.AppCallback";

    private static readonly Method<Empty, ListTopicSubscriptionsResponse> ListTopicSubscriptions = ProtoMethod.Of<Empty, ListTopicSubscriptionsResponse>(Callback, "ListTopicSubscriptions");
    private static readonly Method<TopicEventRequest, TopicEventResponse> OnTopicEvent = ProtoMethod.Of<TopicEventRequest, TopicEventResponse>(Callback, "OnTopicEvent");
    private static readonly Method<Empty, ListInputBindingsResponse> ListInputBindings = ProtoMethod.Of<Empty, ListInputBindingsResponse>(Callback, "ListInputBindings");
    private static readonly Method<BindingEventRequest, BindingEventResponse> OnBindingEvent = ProtoMethod.Of<BindingEventRequest, BindingEventResponse>(Callback, "OnBindingEvent");
    private static readonly Method<InvokeRequest, InvokeResponse> OnInvoke = ProtoMethod.Of<InvokeRequest, InvokeResponse>(Callback, "OnInvoke");
    private static readonly Method<Empty, HealthCheckResponse> HealthCheck = ProtoMethod.Of<Empty, HealthCheckResponse>(Callback + "HealthCheck", "HealthCheck");

    /// <summary>The name that it got when it was no trial any more, and the one before.</summary>
    private static readonly Method<TopicEventBulkRequest, TopicEventBulkResponse>[] OnBulkTopicEvent =
    [
        ProtoMethod.Of<TopicEventBulkRequest, TopicEventBulkResponse>(Callback, "OnBulkTopicEvent"),
        ProtoMethod.Of<TopicEventBulkRequest, TopicEventBulkResponse>(Callback + "Alpha", "OnBulkTopicEventAlpha1"),
    ];

    private readonly GrpcChannel _channel;
    private readonly string? _token;
    private readonly SemaphoreSlim? _places;

    /// <param name="address">Where it is.</param>
    /// <param name="token">What it knows daprd by; null: nothing.</param>
    /// <param name="maxConcurrency">How many calls at once; 0: any number.</param>
    public GrpcApp(string address, string? token, int maxConcurrency)
    {
        _channel = GrpcChannel.ForAddress(address, new() { HttpHandler = new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null }, DisposeHttpClient = true });
        _token = token;
        _places = maxConcurrency > 0 ? new(maxConcurrency) : null;
    }

    public async Task<IReadOnlyList<Subscription>> SubscriptionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var listed = await CallAsync(ListTopicSubscriptions, new(), [], cancellationToken);
            return [.. listed.Subscriptions.Select(Subscribed)];
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unimplemented)
        {
            return [];
        }
        catch (Exception exception) when (exception is RpcException or FormatException)
        {
            throw new AppException($"error getting topic list from app: {exception.Message}", exception);
        }
    }

    /// <remarks>An application that cannot say wants none.</remarks>
    public async Task<bool> WantsAsync(string name, string path, CancellationToken cancellationToken)
    {
        try
        {
            return (await CallAsync(ListInputBindings, new(), [], cancellationToken)).Bindings.Contains(name);
        }
        catch (RpcException)
        {
            return false;
        }
    }

    public async Task TakeAsync(string name, string path, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(OnBindingEvent, new() { Name = name, Metadata = { metadata.ToDictionary() } }, [], cancellationToken);
        }
        catch (RpcException exception)
        {
            throw new AppException($"error invoking app: {exception.Status.Detail}", exception);
        }
    }

    public async Task<Delivery> DeliverAsync(TopicEvent topicEvent, CancellationToken cancellationToken)
    {
        try
        {
            var headers = HeadersOf(topicEvent.Metadata);
            headers.Add("traceparent", TraceParent.Below(CloudEvents.Text(topicEvent.CloudEvent, "traceparent")));
            return Verdict((await CallAsync(OnTopicEvent, TopicEventRequests.Of(topicEvent), headers, cancellationToken)).Status);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unimplemented)
        {
            // Whoever cannot take events has nothing left in the topic, and no dead letters.
            return Delivery.Done;
        }
        catch (Exception exception) when (exception is RpcException or FormatException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Delivery.Failed($"error returned from app while processing pub/sub event: {exception.Message}");
        }
    }

    public async Task<IReadOnlyList<Delivery>> DeliverAsync(BulkEvent bulk, CancellationToken cancellationToken)
    {
        try
        {
            var request = new TopicEventBulkRequest
            {
                Id = Guid.NewGuid().ToString(),
                Entries = { bulk.Entries.Select(TopicEventRequests.Of) },
                Metadata = { bulk.Metadata.ToDictionary() },
                Topic = bulk.Topic,
                PubsubName = bulk.PubSub,
                Type = "com.dapr.event.sent.bulk",
                Path = bulk.Path,
            };
            var said = (await BulkAsync(request, HeadersOf(bulk.Metadata), cancellationToken)).Statuses.ToDictionary(status => status.EntryId, status => status.Status);
            return [.. bulk.Entries.Select(entry => said.TryGetValue(entry.Id, out var status) ? Verdict(status) : Delivery.Failed($"response not received, RETRY required for entry id: {entry.Id}"))];
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unimplemented)
        {
            return [.. bulk.Entries.Select(_ => Delivery.Done)];
        }
        catch (Exception exception) when (exception is RpcException or FormatException)
        {
            return [.. bulk.Entries.Select(_ => Delivery.Failed($"error returned from app while processing bulk pub/sub event: {exception.Message}"))];
        }
    }

    public async Task<AppAnswer> InvokeAsync(AppCall call, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await call.Body.CopyToAsync(body, cancellationToken);
        var request = new InvokeRequest
        {
            Method = call.Method,
            ContentType = call.ContentType ?? "",
            Data = new() { Value = ByteString.CopyFrom(body.GetBuffer().AsSpan(0, (int)body.Length)) },
            HttpExtension = new() { Verb = System.Enum.TryParse<HTTPExtension.Types.Verb>(call.Verb, ignoreCase: true, out var verb) ? verb : HTTPExtension.Types.Verb.None, Querystring = call.Query },
        };
        var headers = HeadersOf(call.Headers.Where(header => !header.Key.Equals("Host", StringComparison.OrdinalIgnoreCase) && !header.Key.StartsWith(':')).DistinctBy(header => header.Key));
        try
        {
            var answer = await CallAsync(OnInvoke, request, headers, cancellationToken);
            return new(0, isHttp: false, new MemoryStream(answer.Data?.Value.ToByteArray() ?? [])) { ContentType = answer.ContentType.Length > 0 ? answer.ContentType : ContentTypes.Json };
        }
        catch (RpcException exception)
        {
            return new((int)exception.StatusCode, isHttp: false, Stream.Null) { Fault = exception.Status.Detail };
        }
    }

    public async Task<bool> IsWellAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(HealthCheck, new(), [], cancellationToken);
            return true;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _channel.Dispose();
        _places?.Dispose();
    }

    /// <summary>What a subscriber's status means.</summary>
    public static Delivery Verdict(TopicEventResponse.Types.TopicEventResponseStatus status) => status switch
    {
        TopicEventResponse.Types.TopicEventResponseStatus.Success => Delivery.Done,
        TopicEventResponse.Types.TopicEventResponseStatus.Drop => Delivery.Dropped,
        TopicEventResponse.Types.TopicEventResponseStatus.Retry => Delivery.Failed("RETRY status returned from app while processing pub/sub event"),
        _ => Delivery.Failed($"unknown status returned from app while processing pub/sub event, status: {status}"),
    };

    private static Subscription Subscribed(TopicSubscription subscription)
    {
        List<TopicRoute> routes = [.. (subscription.Routes?.Rules ?? []).Select(rule => TopicRoute.Create(rule.Match, rule.Path))];
        if (subscription.Routes?.Default is { Length: > 0 } path)
        {
            routes.Add(TopicRoute.Create(null, path));
        }

        // One that names no path takes every event.
        return new()
        {
            PubSub = subscription.PubsubName,
            Topic = subscription.Topic,
            Metadata = subscription.Metadata.ToDictionary(),
            DeadLetterTopic = subscription.DeadLetterTopic,
            Routes = routes.Count > 0 ? routes : [TopicRoute.Create(null, "")],
            Bulk = subscription.BulkSubscribe is { Enabled: true } bulk ? BulkSubscription.Of(bulk.MaxMessagesCount, bulk.MaxAwaitDurationMs) : null,
        };
    }

    private static Metadata HeadersOf(IEnumerable<KeyValuePair<string, string>> headers)
    {
        // What gRPC keeps for itself goes by another name, as in dapr/dapr pkg/messaging/v1/util.go.
        var metadata = new Metadata();
        foreach (var (name, value) in headers)
        {
            var lower = name.ToLowerInvariant();
            if (!lower.EndsWith("-bin", StringComparison.Ordinal))
            {
                metadata.Add(lower is "connection" or "keep-alive" or "transfer-encoding" or "upgrade" or "content-type" or "content-length" or "te" or "user-agent" || lower.StartsWith("grpc-", StringComparison.Ordinal) ? "dapr-" + lower : lower, value);
            }
        }

        return metadata;
    }

    private async Task<TopicEventBulkResponse> BulkAsync(TopicEventBulkRequest request, Metadata headers, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(OnBulkTopicEvent[0], request, headers, cancellationToken);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unimplemented)
        {
            return await CallAsync(OnBulkTopicEvent[1], request, headers, cancellationToken);
        }
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(Method<TRequest, TResponse> method, TRequest request, Metadata headers, CancellationToken cancellationToken)
        where TRequest : class
        where TResponse : class
    {
        if (_token is not null)
        {
            headers.Add("dapr-api-token", _token);
        }

        if (_places is not null)
        {
            await _places.WaitAsync(cancellationToken);
        }

        try
        {
            using var call = _channel.CreateCallInvoker().AsyncUnaryCall(method, null, new(headers, cancellationToken: cancellationToken), request);
            return await call;
        }
        finally
        {
            _places?.Release();
        }
    }
}
