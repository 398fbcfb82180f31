using PodPool.DaprStandIn.Bindings;
using PodPool.DaprStandIn.Components;
using PodPool.DaprStandIn.PubSub;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Apps;

/// <summary>Gives the application what it asked for: events of topics and of bindings.</summary>
internal sealed partial class AppWatch(
    Flags flags, IApp app, ComponentSet components, IReadOnlyList<Subscription> declared, Subscriptions subscriptions, TimeProvider clock, ILogger logger)
    : IDisposable
{
    private readonly List<Func<TimeSpan, Task>> _open = [];
    private CancellationTokenSource _bindings = new();

    /// <summary>Asks it, and begins.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _bindings.Dispose();
        _bindings = new();
        foreach (var subscription in (IEnumerable<Subscription>)[.. declared, .. await AskAsync(cancellationToken)])
        {
            try
            {
                _open.Add(await subscriptions.OpenAsync(subscription, app));
            }
            catch (Exception exception) when (exception is FormatException or RedisException)
            {
                Log.NotSubscribed(logger, subscription.Topic, exception.Message);
            }
        }

        foreach (var binding in components.InputBindings)
        {
            try
            {
                if (binding.Component.SaysItWorks("input") || await app.WantsAsync(binding.Component.Name, binding.Path, cancellationToken))
                {
                    _ = RunAsync(binding, _bindings.Token);
                }
            }
            catch (AppException exception)
            {
                Log.NotBound(logger, binding.Component.Name, exception.Message);
            }
        }
    }

    /// <summary>Ends it all; events under way may take a while.</summary>
    public async Task StopAsync()
    {
        await _bindings.CancelAsync();
        await Task.WhenAll(_open.Select(close => close(flags.GracefulShutdown)));
        _open.Clear();
    }

    /// <summary>Begins when it is well and ends when it was unwell too often in a row.</summary>
    /// <remarks>dapr/dapr pkg/apphealth: one success is enough.</remarks>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        var (started, unwell) = (false, 0);
        using var timer = new PeriodicTimer(flags.AppHealthInterval, clock);
        do
        {
            using var patience = new CancellationTokenSource(flags.AppHealthTimeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            if (await IsWellAsync(either.Token))
            {
                unwell = 0;
                if (!started)
                {
                    started = true;
                    await StartAsync(cancellationToken);
                }
            }
            else if (++unwell >= flags.AppHealthThreshold && started)
            {
                started = false;
                await StopAsync();
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    public void Dispose() => _bindings.Dispose();

    private async Task<bool> IsWellAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await app.IsWellAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<IReadOnlyList<Subscription>> AskAsync(CancellationToken cancellationToken)
    {
        // The application listens, but need not be quite there: daprd tries for a while (its built-in policy of initialization).
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await app.SubscriptionsAsync(cancellationToken);
            }
            catch (AppException exception)
            {
                Log.NotAsked(logger, exception.Message);
                if (attempt == 3)
                {
                    return [];
                }

                await Task.Delay(TimeSpan.FromMilliseconds(500), clock, cancellationToken);
            }
        }
    }

    private async Task RunAsync(CronBinding binding, CancellationToken cancellationToken)
    {
        try
        {
            await binding.RunAsync(
                async metadata =>
                {
                    try
                    {
                        await app.TakeAsync(binding.Component.Name, binding.Path, metadata, cancellationToken);
                    }
                    catch (Exception exception) when (exception is AppException or OperationCanceledException)
                    {
                        Log.NotTaken(logger, binding.Component.Name, exception.Message);
                    }
                },
                cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Ended.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "error occurred while beginning pubsub for topic {Topic}: {Why}")]
        public static partial void NotSubscribed(ILogger logger, string topic, string why);

        [LoggerMessage(LogLevel.Error, "error reading from input binding {Binding}: {Why}")]
        public static partial void NotBound(ILogger logger, string binding, string why);

        [LoggerMessage(LogLevel.Error, "{Why}")]
        public static partial void NotAsked(ILogger logger, string why);

        [LoggerMessage(LogLevel.Warning, "error from app consumer for binding [{Binding}]: {Why}")]
        public static partial void NotTaken(ILogger logger, string binding, string why);
    }
}
