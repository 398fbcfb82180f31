using System.Threading.RateLimiting;

namespace PodPool.Manager.Kubernetes.Api;

/// <summary>Holds requests back so that this process never floods the API server; who waits longest goes first.</summary>
internal sealed class ApiRateHandler(KubernetesApiOptions options) : DelegatingHandler
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly TokenBucketRateLimiter _reads = LimiterOf(options.ReadsPerSecond, options.ReadBurst);
    private readonly TokenBucketRateLimiter _writes = LimiterOf(options.WritesPerSecond, options.WriteBurst);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var limiter = ApiCall.Of(request).Lane switch
        {
            ApiLane.Read => _reads,
            ApiLane.Write => _writes,
            _ => null,
        };
        if (limiter is not null)
        {
            await TakeAsync(limiter, cancellationToken).ConfigureAwait(false);
        }

        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _reads.Dispose();
            _writes.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>The bucket is filled by who takes from it: a timer of its own would wake an idle manager many times a second.</summary>
    private async Task TakeAsync(TokenBucketRateLimiter limiter, CancellationToken cancellationToken)
    {
        limiter.TryReplenish();
        var turn = limiter.AcquireAsync(1, cancellationToken).AsTask();
        while (!turn.IsCompleted)
        {
            // By the clock that the limiter goes by.
            await Task.WhenAny(turn, Task.Delay(limiter.ReplenishmentPeriod, TimeProvider.System, CancellationToken.None)).ConfigureAwait(false);
            limiter.TryReplenish();
        }

        // The line has no end, so who is turned away stood in it when it was closed.
        using var permit = await turn.ConfigureAwait(false);
        ObjectDisposedException.ThrowIf(!permit.IsAcquired, this);
    }

    private static TokenBucketRateLimiter LimiterOf(int perSecond, int burst)
    {
        // A whole number of tokens a period: slow rates get longer periods.
        var period = perSecond >= 10 ? Period : TimeSpan.FromSeconds(1);
        var tokens = Math.Max(1, (int)Math.Round(perSecond * period.TotalSeconds));
        return new(new()
        {
            TokenLimit = burst,
            TokensPerPeriod = tokens,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)tokens / perSecond),
            QueueLimit = int.MaxValue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
            AutoReplenishment = false,
        });
    }
}
