using System.Net;
using System.Text.Json;
using PodPool.Contracts;
using PodPool.Contracts.V1;

namespace PodPool.DaprProxy.Inbound;

/// <summary>Posts to functions, through the router: who has no instance gets one from the pool.</summary>
/// <param name="router">The router.</param>
internal sealed class FunctionCaller(Uri router) : IDisposable
{
    /// <summary>An answer that says more than a status is none that is read.</summary>
    private const int LongestAnswer = 64 << 10;

    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
    });

    /// <summary>Posts an event.</summary>
    /// <param name="function"><c>namespace/name</c>.</param>
    /// <param name="path">Where in it.</param>
    /// <param name="topicEvent">The event.</param>
    /// <param name="cancellationToken">Whoever wanted to know is gone.</param>
    /// <remarks>
    /// Statuses are read as daprd reads those of an application (https://docs.dapr.io/reference/api/pubsub_api/): 2xx with a status or without, 404: the
    /// application does not want it, anything else: it shall come again. A refusal by the router or a pod is none of the function's.
    /// </remarks>
    public async Task<EventOutcome> PostAsync(string function, string path, TopicEvent topicEvent, CancellationToken cancellationToken)
    {
        using var request = PostOf(function, path, topicEvent.Body, TopicEvent.ContentType);
        if (topicEvent.TraceParent is { } trace)
        {
            request.Headers.TryAddWithoutValidation("traceparent", trace);
            if (topicEvent.TraceState is { } state)
            {
                request.Headers.TryAddWithoutValidation("tracestate", state);
            }
        }

        var (outcome, said) = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        using (said)
        {
            return outcome != EventOutcome.Success ? outcome : TextOf(said, "status") switch
            {
                null or "" or "SUCCESS" => EventOutcome.Success,
                "DROP" => EventOutcome.Drop,
                _ => EventOutcome.Retry,
            };
        }
    }

    /// <summary>Posts several events at once.</summary>
    /// <returns>What becomes of each.</returns>
    public async Task<IReadOnlyList<EventOutcome>> PostAsync(string function, string path, EventBatch batch, CancellationToken cancellationToken)
    {
        using var request = PostOf(function, path, batch.Body(), EventBatch.ContentType);
        var (outcome, said) = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        using (said)
        {
            return outcome == EventOutcome.Success ? batch.OutcomesIn(said?.RootElement) : batch.All(outcome);
        }
    }

    /// <summary>Posts what an input binding brought.</summary>
    /// <returns>The function's answer; the caller disposes it.</returns>
    /// <exception cref="HttpRequestException">The router cannot be reached.</exception>
    public Task<HttpResponseMessage> PostAsync(string function, string path, HttpContent content, IEnumerable<KeyValuePair<string, string>> headers, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(router, $"/{function}{path}")) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return _client.SendAsync(request, cancellationToken);
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage PostOf(string function, string path, ReadOnlyMemory<byte> body, string contentType)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(router, $"/{function}{path}")) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        return request;
    }

    /// <returns>What the status says; of a success also what was said, which is null if that is no JSON.</returns>
    private async Task<(EventOutcome Outcome, JsonDocument? Said)> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return (EventOutcome.Success, response.Content.Headers.ContentLength == 0 ? null : await JsonInAsync(response.Content, cancellationToken).ConfigureAwait(false));
            }

            var reason = await ReasonInAsync(response.Content, cancellationToken).ConfigureAwait(false);
            return (reason != Reason.Unspecified
                ? (reason == Reason.FunctionNotFound || response.StatusCode == HttpStatusCode.ServiceUnavailable ? EventOutcome.NotDelivered : EventOutcome.Retry)
                : response.StatusCode == HttpStatusCode.NotFound ? EventOutcome.Drop : EventOutcome.Retry, null);
        }
        catch (HttpRequestException)
        {
            return (EventOutcome.NotDelivered, null);
        }
        catch (AnswerCutOffException)
        {
            return (EventOutcome.Retry, null);
        }
    }

    /// <summary>Why the router or a pod refused it in the function's stead; <see cref="Reason.Unspecified"/>: it is the function's own answer.</summary>
    private static async Task<Reason> ReasonInAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return Reason.Unspecified;
        }

        using var document = await JsonInAsync(content, cancellationToken).ConfigureAwait(false);
        return ReasonErrors.ParseReason(TextOf(document, "reason"));
    }

    /// <returns>Null: it is none, so it says nothing.</returns>
    /// <exception cref="AnswerCutOffException">Nobody knows what it would have said.</exception>
    private static async Task<JsonDocument?> JsonInAsync(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            await content.LoadIntoBufferAsync(LongestAnswer, cancellationToken).ConfigureAwait(false);
            return JsonDocument.Parse(await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded })
        {
            return null;
        }
        catch (HttpRequestException exception)
        {
            throw new AnswerCutOffException(exception);
        }
    }

    private static string? TextOf(JsonDocument? document, string name)
        => document?.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private sealed class AnswerCutOffException(Exception inner) : Exception(inner.Message, inner);
}
