using PodPool.Manager.Claims;
using PodPool.Manager.Functions;
using PodPool.Manager.Leading;
using PodPool.Manager.Operations;
using PodPool.Manager.Packages;
using PodPool.Manager.Pools;
using PodPool.Manager.Processes;
using PodPool.Manager.Rehearsing;

namespace PodPool.Manager;

/// <summary>
/// What begins before the manager listens, and ends after it stopped listening: so no router hears of a state that is not whole. Only the lead is given up
/// before: who has stopped listening and waits for its last connections to end leads nobody.
/// </summary>
internal sealed partial class ManagerLife(
    ManagerOptions options, PoolSet pools, ILeading leading, Deployer deployer, Prefetcher prefetcher, PackageStore store, FunctionRegistry functions,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ManagerLife> logger)
    : IHostedLifecycleService, IAsyncDisposable
{
    private static readonly TimeSpan CollectEvery = TimeSpan.FromMinutes(10);

    private readonly CancellationTokenSource _stopping = new();
    private Task _housekeeping = Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the server waits for its requests to end.
        lifetime.ApplicationStopping.Register(() =>
        {
            foreach (var pool in pools.All)
            {
                pool.CancelAcquires();
            }
        });
        await leading.StartAsync(cancellationToken).ConfigureAwait(false);
        if (options.Rehearse)
        {
            await RehearseAsync(cancellationToken).ConfigureAwait(false);
        }

        using (ExecutionContext.SuppressFlow())
        {
            _housekeeping = Task.WhenAll(
                Task.Run(() => KeepHouseAsync(_stopping.Token), CancellationToken.None),
                Task.Run(() => prefetcher.RunAsync(_stopping.Token), CancellationToken.None));
        }
    }

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => leading.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _housekeeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await pools.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _housekeeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    /// <summary>What comes of it is only speed: without it, the manager serves as well.</summary>
    private async Task RehearseAsync(CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        try
        {
            var folder = PrivateFolder.ForRehearsal(options.StateFolder);
            await ManagerRehearsal.RunAsync(folder, options.RuntimeFolder, cancellationToken).ConfigureAwait(false);
            Log.Rehearsed(logger, time.GetElapsedTime(begun).TotalMilliseconds);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.NotRehearsed(logger, exception);
        }
    }

    private async Task KeepHouseAsync(CancellationToken cancellationToken)
    {
        await deployer.LoadAllAsync(cancellationToken).ConfigureAwait(false);
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

        [LoggerMessage(2, LogLevel.Debug, "Rehearsed in {Milliseconds} ms", EventName = "Rehearsed")]
        public static partial void Rehearsed(ILogger logger, double milliseconds);

        [LoggerMessage(3, LogLevel.Warning, "The rehearsal failed: the first claims will be slower", EventName = "NotRehearsed")]
        public static partial void NotRehearsed(ILogger logger, Exception exception);
    }
}
