using Grpc.Core;
using PodPool.Contracts.V1;
using PodPool.Router.Routing;

namespace PodPool.Router.Managing;

/// <summary>
/// Keeps the one stream with the manager for the router's whole life: routes come down, loads and acknowledgements go up. While there is
/// no manager the router goes on with the table it has; the next manager's snapshot replaces it, and is told every load anew.
/// </summary>
internal sealed partial class ManagerStream(
    ManagerLink link, RouteBook routes, RouterOptions options, TimeProvider time, ILogger<ManagerStream> logger) : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TalkAsync(stoppingToken).ConfigureAwait(false);
                Log.Ended(logger);
            }
            catch (Exception exception) when (exception is RpcException or HttpRequestException or IOException or InvalidOperationException)
            {
                if (stoppingToken.IsCancellationRequested)
                {
                    return;
                }

                // A manager that is away for long is said once; the rest is for those who look closely.
                Log.Lost(logger, failures == 0 || link.IsConnected ? LogLevel.Warning : LogLevel.Debug, options.Manager, exception.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            failures = link.IsConnected ? 0 : failures + 1;
            link.Lost();
            var pause = FirstPause * (1 << Math.Min(failures, 10));
            await Task.Delay(
                (pause < LongestPause ? pause : LongestPause) * (0.75 + (Random.Shared.NextDouble() / 2)), time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One stream, from hello until either side ends it.</summary>
    private async Task TalkAsync(CancellationToken stoppingToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var call = link.Client.Connect(cancellationToken: ending.Token);
        await call.RequestStream.WriteAsync(new() { Hello = new() { RouterId = link.RouterId } }, ending.Token).ConfigureAwait(false);
        link.Outbox.Restart(routes.All);

        var telling = TellAsync(call.RequestStream, ending.Token);
        try
        {
            await ListenAsync(call.ResponseStream, ending.Token).ConfigureAwait(false);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ListenAsync(IAsyncStreamReader<RouteUpdate> updates, CancellationToken cancellationToken)
    {
        while (await updates.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            var update = updates.Current;
            routes.Apply(update);
            link.Outbox.Acknowledge(update.Version);
            if (update.Snapshot)
            {
                Log.Connected(logger, options.Manager, update.Changed.Count);
                link.Connected();
            }
        }
    }

    /// <remarks>At most one message is under way; what changes meanwhile goes into the next.</remarks>
    private async Task TellAsync(IClientStreamWriter<RouterMessage> manager, CancellationToken cancellationToken)
    {
        var outbox = link.Outbox;
        while (true)
        {
            await outbox.Any.Happened.WaitAsync(cancellationToken).ConfigureAwait(false);
            var rest = options.ReportInterval - time.GetElapsedTime(link.LastTold);
            if (rest > TimeSpan.Zero)
            {
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                await Task.WhenAny(outbox.Urgent.Happened, Task.Delay(rest, time, enough.Token)).ConfigureAwait(false);
                await enough.CancelAsync().ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }

            outbox.Any.Reset();
            outbox.Urgent.Reset();
            link.LastTold = time.GetTimestamp();
            foreach (var message in outbox.Take())
            {
                await manager.WriteAsync(message, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Connected to the manager at {Manager}: {Functions} functions")]
        public static partial void Connected(ILogger logger, string manager, int functions);

        [LoggerMessage(EventId = 2, Message = "No manager at {Manager}, going on with what is known: {Message}")]
        public static partial void Lost(ILogger logger, LogLevel level, string manager, string message);

        [LoggerMessage(3, LogLevel.Information, "The manager ended the stream")]
        public static partial void Ended(ILogger logger);
    }
}
