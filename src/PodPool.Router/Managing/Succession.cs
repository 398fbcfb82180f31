using PodPool.Contracts.V1;
using PodPool.Router.Routing;

namespace PodPool.Router.Managing;

/// <summary>
/// Which manager is followed: the one of the highest epoch among those who say that they lead. Its table is ours, and it alone is told our
/// loads and suspicions.
/// </summary>
/// <remarks>
/// What a manager's snapshot means:
/// <code>
///   epoch        a leader is followed          none is in sight
///   higher       followed instead              followed
///   the same     the same leader, by another   followed: the leader is back
///                address: that stream rests
///   lower        an old one that does not know yet: its stream stays open, and what it says is not heard
/// </code>
/// Epochs may begin anew, when whatever counts them was deleted. So an old one is believed after all when no other has led for
/// <see cref="Doubt"/>: longer than a leader needs to find out that it leads no more.
/// </remarks>
internal sealed partial class Succession(ManagerLink link, RouteBook routes, RouterOptions options, TimeProvider time, ILogger<Succession> logger) : IDisposable
{
    /// <summary>How long an old leader is not believed though there is no other.</summary>
    public static readonly TimeSpan Doubt = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly List<ManagerTalk> _old = [];
    private ManagerTalk? _followed;
    private ManagerTalk? _asked;
    private ulong? _epoch;
    private ITimer? _doubt;
    private TaskCompletionSource _change = New();
    private Task _telling = Task.CompletedTask;

    /// <summary>Takes in what a manager said.</summary>
    /// <returns>
    /// Null: go on listening. Otherwise the leader is followed already, by another address: end the stream, and come back when the task
    /// completes. (Were it kept, the leader would wait for its acknowledgements.)
    /// </returns>
    public Task? Hear(ManagerTalk talk, RouteUpdate update)
    {
        lock (_gate)
        {
            if (talk != _followed)
            {
                if (!update.Snapshot)
                {
                    return null;
                }

                talk.Epoch = update.Epoch;
                if (update.Epoch == _followed?.Epoch)
                {
                    return _change.Task;
                }

                if (update.Epoch < _epoch)
                {
                    KeepLocked(talk);
                    return null;
                }

                if (talk.Superseded.IsCancellationRequested)
                {
                    // It leads again. Whatever hangs on its first time is over, so that shall be another stream.
                    talk.Renew();
                    return null;
                }
            }

            routes.Apply(update);
            talk.Version = update.Version;
            if (update.Snapshot)
            {
                talk.Epoch = _epoch = update.Epoch;
                FollowLocked(talk, update.Changed.Count);
            }

            link.Outbox.Acknowledge(update.Version);
            return null;
        }
    }

    /// <summary>A stream has ended.</summary>
    /// <returns>Whether its manager was followed.</returns>
    public bool Ended(ManagerTalk talk)
    {
        lock (_gate)
        {
            _old.Remove(talk);
            if (talk != _followed)
            {
                return false;
            }

            _followed = null;
            _doubt?.Dispose();
            _doubt = time.CreateTimer(_ => BelieveOld(), null, Doubt, Timeout.InfiniteTimeSpan);
            link.Lost();
            ChangedLocked();
            return true;
        }
    }

    public void Dispose() => _doubt?.Dispose();

    private void KeepLocked(ManagerTalk talk)
    {
        if (!_old.Contains(talk))
        {
            _old.Add(talk);
            Log.Old(logger, talk.Manager, talk.Epoch, _epoch);
        }
    }

    private void FollowLocked(ManagerTalk talk, int functions)
    {
        var before = _followed;
        _followed = talk;
        _old.Remove(talk);
        _doubt?.Dispose();
        link.Follow(talk);
        Log.Followed(logger, talk.Manager, talk.Epoch, functions);
        if (before == talk)
        {
            return;
        }

        if (before is not null)
        {
            Log.Superseded(logger, before.Manager, before.Epoch);
            _old.Add(before);
            ChangedLocked();
        }

        // Also one whose stream had broken: until now it might have answered what it was asked.
        _asked?.Supersede();
        _asked = talk;
        using (ExecutionContext.SuppressFlow())
        {
            _telling = TellAsync(talk, _telling);
        }
    }

    private void ChangedLocked()
    {
        _change.SetResult();
        _change = New();
    }

    private void BelieveOld()
    {
        lock (_gate)
        {
            if (_followed is null)
            {
                // All of them: the one of the highest epoch wins, and if it is gone, the next.
                _epoch = null;
                _old.ForEach(talk => talk.Renew());
            }
        }
    }

    /// <summary>Tells a leader what there is to be told, as long as it is followed.</summary>
    /// <param name="talk">The leader.</param>
    /// <param name="before">Completes when nobody else is told: what one takes out of the outbox, the other does not find.</param>
    /// <remarks>At most one message is under way; what changes meanwhile goes into the next.</remarks>
    private async Task TellAsync(ManagerTalk talk, Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(talk.Ending, talk.Superseded);
        var outbox = link.Outbox;
        lock (_gate)
        {
            if (_followed != talk)
            {
                return;
            }

            outbox.Restart(routes.All);
            outbox.Acknowledge(talk.Version);
        }

        while (true)
        {
            await outbox.Any.Happened.WaitAsync(over.Token).ConfigureAwait(false);
            var rest = options.ReportInterval - time.GetElapsedTime(link.LastTold);
            if (rest > TimeSpan.Zero)
            {
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(over.Token);
                await Task.WhenAny(outbox.Urgent.Happened, Task.Delay(rest, time, enough.Token)).ConfigureAwait(false);
                await enough.CancelAsync().ConfigureAwait(false);
                over.Token.ThrowIfCancellationRequested();
            }

            outbox.Any.Reset();
            outbox.Urgent.Reset();
            link.LastTold = time.GetTimestamp();
            foreach (var message in outbox.Take())
            {
                await talk.TellAsync(message, over.Token).ConfigureAwait(false);
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Connected to the manager at {Manager}, epoch {Epoch}: {Functions} functions")]
        public static partial void Followed(ILogger logger, string manager, ulong? epoch, int functions);

        [LoggerMessage(2, LogLevel.Warning, "The manager at {Manager}, epoch {Epoch}, is not followed any more: a newer one leads")]
        public static partial void Superseded(ILogger logger, string manager, ulong? epoch);

        [LoggerMessage(3, LogLevel.Warning, "The manager at {Manager} says that it leads in epoch {Epoch}, and is not believed: epoch {Newer} was seen")]
        public static partial void Old(ILogger logger, string manager, ulong? epoch, ulong? newer);
    }
}
