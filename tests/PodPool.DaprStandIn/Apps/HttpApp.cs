using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using PodPool.DaprStandIn.Go;
using PodPool.DaprStandIn.PubSub;

namespace PodPool.DaprStandIn.Apps;

/// <summary>An application that speaks HTTP.</summary>
/// <remarks>dapr/dapr pkg/channel/http/http_channel.go, pkg/runtime/subscription/postman/http/http.go.</remarks>
/// <param name="address">Where it is, without a slash at the end.</param>
/// <param name="token">What it knows daprd by; null: nothing.</param>
/// <param name="maxConcurrency">How many calls at once; 0: any number.</param>
/// <param name="healthPath">Where it is asked how it is.</param>
internal sealed class HttpApp(string address, string? token = null, int maxConcurrency = 0, string healthPath = "/healthz") : IApp
{
    private readonly SemaphoreSlim? _places = maxConcurrency > 0 ? new(maxConcurrency) : null;

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
    });

    public async Task<IReadOnlyList<Subscription>> SubscriptionsAsync(CancellationToken cancellationToken)
    {
        using var answer = await SendBytesAsync("GET", "dapr/subscribe", [], null, null, cancellationToken);
        if (answer.Status != 200)
        {
            // 404: it subscribes to nothing. Anything else is logged by daprd, and means the same.
            return [];
        }

        try
        {
            var listed = GoJson.Parse(await ReadAsync(answer, cancellationToken));
            return listed.ValueKind == JsonValueKind.Null ? []
                : listed.ValueKind != JsonValueKind.Array ? throw new FormatException("it is no list")
                : [.. listed.EnumerateArray().Select(Subscribed).Where(subscription => subscription.Routes.Count > 0)];
        }
        catch (FormatException exception)
        {
            throw new AppException($"error getting topics from app: {exception.Message}", exception);
        }
    }

    /// <remarks>It is asked for the path's options: whoever knows the path wants them, and whoever says that the path has other methods.</remarks>
    public async Task<bool> WantsAsync(string name, string path, CancellationToken cancellationToken)
    {
        using var answer = await SendBytesAsync("OPTIONS", path, [], null, null, cancellationToken);
        return answer.Status is >= 200 and < 300 or 405;
    }

    public async Task TakeAsync(string name, string path, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        using var answer = await SendBytesAsync("POST", path, metadata, ContentTypes.Json, [], cancellationToken);
        if (answer.Status is < 200 or > 299)
        {
            throw new AppException($"fails to send binding event to http app channel, status code: {answer.Status}");
        }
    }

    public async Task<Delivery> DeliverAsync(TopicEvent topicEvent, CancellationToken cancellationToken)
    {
        var headers = topicEvent.Metadata.Append(new("traceparent", TraceParent.Below(CloudEvents.Text(topicEvent.CloudEvent, "traceparent"))));
        try
        {
            using var answer = await SendBytesAsync("POST", topicEvent.Path, headers, ContentTypes.CloudEvent, topicEvent.Data, cancellationToken);
            var body = await ReadAsync(answer, cancellationToken);
            return answer.Status switch
            {
                >= 200 and <= 299 => Verdict(body),
                404 => Delivery.Dropped,
                _ => Delivery.Failed($"retriable error returned from app while processing pub/sub event. status code returned: {answer.Status}"),
            };
        }
        catch (AppException exception)
        {
            return Delivery.Failed($"error returned from app channel while sending pub/sub event to app: {exception.Message}");
        }
    }

    public async Task<IReadOnlyList<Delivery>> DeliverAsync(BulkEvent bulk, CancellationToken cancellationToken)
    {
        var envelope = new JsonObject
        {
            ["entries"] = new JsonArray([.. bulk.Entries.Select(entry => new JsonObject
            {
                ["entryId"] = entry.Id,
                ["event"] = entry.CloudEvent?.DeepClone() ?? Convert.ToBase64String(entry.Data),
                ["metadata"] = new JsonObject(entry.Metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
                ["contentType"] = entry.ContentType,
            })]),
            ["id"] = Guid.NewGuid().ToString(),
            ["metadata"] = new JsonObject(bulk.Metadata.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
            ["pubsubname"] = bulk.PubSub,
            ["topic"] = bulk.Topic,
            ["type"] = "com.dapr.event.sent.bulk",
        };
        try
        {
            using var answer = await SendBytesAsync("POST", bulk.Path, bulk.Metadata, ContentTypes.Json, JsonSerializer.SerializeToUtf8Bytes(envelope), cancellationToken);
            var body = await ReadAsync(answer, cancellationToken);

            // Here a 404 is acknowledged without a dead letter, other than for one event alone.
            return answer.Status == 404 ? [.. bulk.Entries.Select(_ => Delivery.Done)]
                : answer.Status is < 200 or > 299 ? All(bulk, $"status code returned: {answer.Status}")
                : Verdicts(bulk, body);
        }
        catch (Exception exception) when (exception is AppException or FormatException)
        {
            return All(bulk, exception.Message);
        }
    }

    public Task<AppAnswer> InvokeAsync(AppCall call, CancellationToken cancellationToken)
        => SendAsync(call.Verb, call.Query.Length > 0 ? $"{call.Method}?{call.Query}" : call.Method, call.Headers, call.ContentType, call.Body, cancellationToken);

    public async Task<bool> IsWellAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await SendBytesAsync("GET", healthPath, [], null, null, cancellationToken);
            return answer.Status is >= 200 and <= 299;
        }
        catch (AppException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _places?.Dispose();
    }

    private static async Task<byte[]> ReadAsync(AppAnswer answer, CancellationToken cancellationToken)
    {
        using var read = new MemoryStream();
        try
        {
            await answer.Body.CopyToAsync(read, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new AppException(exception.Message, exception);
        }

        return read.ToArray();
    }

    private static Delivery Verdict(byte[] body)
    {
        try
        {
            return new GoObject(GoJson.Parse(body), "pubsub.AppResponse").Text("status") switch
            {
                null or "" or "SUCCESS" => Delivery.Done,
                "DROP" => Delivery.Dropped,
                "RETRY" => Delivery.Failed("RETRY status returned from app while processing pub/sub event"),
                var other => Delivery.Failed($"unknown status returned from app while processing pub/sub event, status: {other}"),
            };
        }
        catch (FormatException)
        {
            // A body that says nothing of the kind is a success.
            return Delivery.Done;
        }
    }

    private static List<Delivery> Verdicts(BulkEvent bulk, byte[] body)
    {
        var said = new GoObject(GoJson.Parse(body), "pubsub.AppBulkResponse").List("statuses").Select(status => new GoObject(status, "pubsub.AppBulkResponseEntry"))
            .GroupBy(status => status.Text("entryId") ?? "").ToDictionary(group => group.Key, group => group.Last().Text("status"));
        return [.. bulk.Entries.Select(entry => said.GetValueOrDefault(entry.Id) switch
        {
            "SUCCESS" => Delivery.Done,
            "DROP" => Delivery.Dropped,
            var other => Delivery.Failed($"RETRY required while processing bulk subscribe event for entry id: {entry.Id} ({other ?? "response not received"})"),
        })];
    }

    private static Delivery[] All(BulkEvent bulk, string why) => [.. bulk.Entries.Select(_ => Delivery.Failed(why))];

    private static Subscription Subscribed(JsonElement element)
    {
        var subscription = new GoObject(element, "pubsub.SubscriptionJSON");
        var routes = subscription.Object("routes", "pubsub.RoutesJSON");
        List<TopicRoute> rules = [.. routes.List("rules").Select(rule => new GoObject(rule, "pubsub.RuleJSON")).Select(rule => TopicRoute.Create(rule.Text("match"), rule.Text("path") ?? ""))];
        var path = routes.Text("default") is { Length: > 0 } text ? text : subscription.Text("route");
        if (!string.IsNullOrEmpty(path))
        {
            rules.Add(TopicRoute.Create(null, path));
        }

        var bulk = subscription.Object("bulkSubscribe", "pubsub.BulkSubscribeJSON");
        return new()
        {
            PubSub = subscription.Text("pubsubname") ?? "",
            Topic = subscription.Text("topic") ?? "",
            Metadata = subscription.Map("metadata") ?? [],
            Routes = rules,
            DeadLetterTopic = subscription.Text("deadLetterTopic") ?? "",
            Bulk = bulk.Truth("enabled") ? BulkSubscription.Of(bulk.Number("maxMessagesCount"), bulk.Number("maxAwaitDurationMs")) : null,
        };
    }

    private Task<AppAnswer> SendBytesAsync(
        string verb, string path, IEnumerable<KeyValuePair<string, string>> headers, string? contentType, byte[]? body, CancellationToken cancellationToken)
        => SendAsync(verb, path, headers, contentType, body is null ? Stream.Null : new MemoryStream(body), cancellationToken);

    private async Task<AppAnswer> SendAsync(
        string verb, string path, IEnumerable<KeyValuePair<string, string>> headers, string? contentType, Stream body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(new(verb), UriOf(path));
        if (body != Stream.Null)
        {
            request.Content = new StreamContent(body);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name.ToLowerInvariant(), value);
        }

        if (contentType is not null)
        {
            request.Content ??= new ByteArrayContent([]);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        if (token is not null)
        {
            request.Headers.Remove("dapr-api-token");
            request.Headers.TryAddWithoutValidation("dapr-api-token", token);
        }

        if (_places is not null)
        {
            await _places.WaitAsync(cancellationToken);
        }

        try
        {
            return Answer(await _client.SendAsync(request, cancellationToken));
        }
        catch (HttpRequestException exception)
        {
            throw new AppException(exception.Message, exception);
        }
        finally
        {
            _places?.Release();
        }
    }

    private Uri UriOf(string path)
    {
        var at = path.IndexOf('?', StringComparison.Ordinal);
        try
        {
            var escaped = GoUrl.Parse(at < 0 ? path : path[..at]).EscapedPath;
            return new(
                $"{address}{(path.StartsWith('/') || path.Length == 0 ? "" : "/")}{escaped}{(at < 0 ? "" : path[at..])}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        }
        catch (FormatException exception)
        {
            throw new AppException($"parse \"{path}\": {exception.Message}", exception);
        }
    }

    private static AppAnswer Answer(HttpResponseMessage response) => new((int)response.StatusCode, isHttp: true, response.Content.ReadAsStream(), response)
    {
        ContentType = response.Content.Headers.TryGetValues("Content-Type", out var types) ? types.First() : null,
        Headers = [.. Headers(response.Headers), .. Headers(response.Content.Headers).Where(header => !header.Key.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) || header.Key.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase))],
    };

    private static IEnumerable<KeyValuePair<string, string>> Headers(HttpHeaders headers)
        => headers.NonValidated.SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value)));
}
