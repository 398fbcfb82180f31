using PodPool.Router.Holding;
using PodPool.Router.Refusing;
using PodPool.Router.Routing;

namespace PodPool.Router;

/// <summary>
/// The end of a router: it takes no more connections, goes on serving what it has, and refuses what it still holds a moment before its time
/// is over, so that everybody gets an answer.
/// </summary>
internal sealed class Shutdown(
    IHostApplicationLifetime lifetime, RouteBook routes, HoldLimits limits, RouterOptions options, TimeProvider time) : IDisposable
{
    private ITimer? _timer;

    public void Watch() => lifetime.ApplicationStopping.Register(() => _timer = time.CreateTimer(_ => RefuseHeld(), null, Patience(), Timeout.InfiniteTimeSpan));

    public void Dispose() => _timer?.Dispose();

    private TimeSpan Patience()
    {
        var patience = options.ShutdownTime - TimeSpan.FromSeconds(1);
        return patience > TimeSpan.Zero ? patience : TimeSpan.Zero;
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
