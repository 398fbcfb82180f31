using System.Net;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>
/// Tries again what may be tried again: anything the server turned away unread (429), anything that never reached it, and what is
/// as good twice as once also after 5xx and broken connections. Bounded in number; the caller's token bounds the time.
/// </summary>
internal sealed partial class ApiRetryHandler(KubernetesApiOptions options, TimeProvider time, ILogger logger) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var call = ApiCall.Of(request);
        for (var failures = 1; ; failures++)
        {
            var last = !call.Retried || failures >= options.Attempts;
            TimeSpan wait;
            try
            {
                var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
                if (last || !MayRetry(response.StatusCode, call))
                {
                    return response;
                }

                wait = RetryAfter(response) ?? options.Backoff.After(failures);
                Log.Retried(logger, call.Doing, (int)response.StatusCode, wait);
                response.Dispose();
            }
            catch (HttpRequestException exception) when (!last && (call.Repeatable || NeverArrived(exception)))
            {
                wait = options.Backoff.After(failures);
                Log.Failed(logger, call.Doing, exception.Message, wait);
            }

            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool MayRetry(HttpStatusCode code, ApiCall call) => code switch
    {
        HttpStatusCode.TooManyRequests => true,
        HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => call.Repeatable,
        _ => false,
    };

    private static bool NeverArrived(HttpRequestException exception)
        => exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;

    /// <summary>What the server asks for, within reason.</summary>
    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return asked is { } wait ? TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, options.LongestRetryAfter.Ticks)) : null;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Again in {Wait}: could not {Doing}, the API server answered {Code}", EventName = "RequestRetried")]
        public static partial void Retried(ILogger logger, string doing, int code, TimeSpan wait);

        [LoggerMessage(2, LogLevel.Debug, "Again in {Wait}: could not {Doing}: {Message}", EventName = "RequestFailed")]
        public static partial void Failed(ILogger logger, string doing, string message, TimeSpan wait);
    }
}
