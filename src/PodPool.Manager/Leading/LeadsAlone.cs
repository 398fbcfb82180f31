using PodPool.Manager.Pools;

namespace PodPool.Manager.Leading;

/// <summary>Nobody else is there: it leads before it listens. What its pools learn of their sizes is kept for the next start.</summary>
internal sealed class LeadsAlone(PoolSet pools, LearntSizes sizes) : ILeading, IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _keeping = Task.CompletedTask;

    /// <inheritdoc/>
    public string? Ended => null;

    /// <inheritdoc/>
    public string? Leader => null;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        sizes.Give();
        await pools.StartAsync(cancellationToken).ConfigureAwait(false);
        await pools.LeadAsync(cancellationToken).ConfigureAwait(false);
        using (ExecutionContext.SuppressFlow())
        {
            _keeping = Task.Run(() => sizes.KeepAsync(_stopping.Token), CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        sizes.Keep();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }
}
