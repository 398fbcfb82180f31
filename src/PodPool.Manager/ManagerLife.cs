using PodPool.Manager.Functions;
using PodPool.Manager.Operations;
using PodPool.Manager.Packages;
using PodPool.Manager.Pools;

namespace PodPool.Manager;

/// <summary>
/// What begins before the manager listens, and ends after it stopped listening: so no router hears of a state that is not whole.
/// </summary>
internal sealed partial class ManagerLife(
    ManagerOptions options, PoolSet pools, Deployer deployer, PackageStore store, FunctionRegistry functions, TimeProvider time, ILogger<ManagerLife> logger)
    : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan CollectEvery = TimeSpan.FromMinutes(10);

    private readonly CancellationTokenSource _stopping = new();
    private Task _housekeeping = Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await pools.StartAsync(cancellationToken).ConfigureAwait(false);
        using (ExecutionContext.SuppressFlow())
        {
            _housekeeping = Task.Run(() => KeepHouseAsync(_stopping.Token), CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _housekeeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await pools.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _housekeeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task KeepHouseAsync(CancellationToken cancellationToken)
    {
        await deployer.WarmAllAsync(cancellationToken).ConfigureAwait(false);
        using var timer = new PeriodicTimer(CollectEvery, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                if (functions.NeededFiles() is { } needed)
                {
                    store.Collect(needed, options.KeepUploads);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Log.NotCollected(logger, exception);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Files that no function needs could not be removed", EventName = "NotCollected")]
        public static partial void NotCollected(ILogger logger, Exception exception);
    }
}
