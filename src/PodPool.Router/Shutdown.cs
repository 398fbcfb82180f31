using PodPool.Router.Holding;
using PodPool.Router.Refusing;
using PodPool.Router.Routing;

namespace PodPool.Router;

/// <summary>
/// The end of a router: for a while it goes on as before, but asks callers for new connections, which will be another router's; then it takes no more
/// connections, goes on serving what it has, and refuses what it still holds a moment before its time is over, so that everybody gets an answer.
/// </summary>
internal sealed class Shutdown(
    IHostApplicationLifetime lifetime, RouteBook routes, HoldLimits limits, RouterOptions options, TimeProvider time) : IHostedLifecycleService, IDisposable
{
    private ITimer? _timer;

    public void Watch() => lifetime.ApplicationStopping.Register(() => _timer = time.CreateTimer(_ => RefuseHeld(), null, Patience(), Timeout.InfiniteTimeSpan));

    /// <summary>Comes before the server is stopped.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A signal has said so already; who stops the host itself has not.
        lifetime.StopApplication();
        await Task.Delay(options.ShutdownDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    private TimeSpan Patience()
    {
        var patience = options.ShutdownTime - TimeSpan.FromSeconds(1);
        return options.ShutdownDelay + (patience > TimeSpan.Zero ? patience : TimeSpan.Zero);
    }

    private void RefuseHeld()
    {
        limits.Close();
        foreach (var function in routes.All)
        {
            function.Refuse(Refusals.ShuttingDown());
        }
    }
}
