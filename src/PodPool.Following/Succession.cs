using Microsoft.Extensions.Logging;

namespace PodPool.Following;

/// <summary>
/// Which manager is followed: the one of the highest epoch among those who say that they lead. Its table is ours, and it alone is told
/// what we have to tell.
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
/// <see cref="Succession.Doubt"/>: longer than a leader needs to find out that it leads no more.
/// </remarks>
internal sealed class Succession<TUp, TDown>(IFollower<TUp, TDown> follower, TimeProvider time, ILoggerFactory loggers) : IDisposable
    where TUp : class
    where TDown : class
{
    private readonly Lock _gate = new();
    private readonly List<ManagerTalk<TUp, TDown>> _old = [];
    private readonly ILogger _logger = loggers.CreateLogger("PodPool.Following.Succession");
    private ManagerTalk<TUp, TDown>? _followed;
    private ManagerTalk<TUp, TDown>? _asked;
    private ulong? _epoch;
    private ITimer? _doubt;
    private TaskCompletionSource _change = New();
    private Task _telling = Task.CompletedTask;

    /// <summary>Takes in what a manager said.</summary>
    /// <returns>
    /// Null: go on listening. Otherwise the leader is followed already, by another address: end the stream, and come back when the task
    /// completes. (Were it kept, the leader would wait for its acknowledgements.)
    /// </returns>
    public Task? Hear(ManagerTalk<TUp, TDown> talk, TDown update)
    {
        var head = follower.HeadOf(update);
        lock (_gate)
        {
            if (talk != _followed)
            {
                if (!head.IsSnapshot)
                {
                    return null;
                }

                talk.Epoch = head.Epoch;
                if (head.Epoch == _followed?.Epoch)
                {
                    return _change.Task;
                }

                if (head.Epoch < _epoch)
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

            follower.Apply(update);
            talk.Version = head.Version;
            if (head.IsSnapshot)
            {
                talk.Epoch = _epoch = head.Epoch;
                FollowLocked(talk, head.Functions);
            }

            follower.Applied(head.Version);
            return null;
        }
    }

    /// <summary>A stream has ended.</summary>
    /// <returns>Whether its manager was followed.</returns>
    public bool Ended(ManagerTalk<TUp, TDown> talk)
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
            _doubt = time.CreateTimer(_ => BelieveOld(), null, Succession.Doubt, Timeout.InfiniteTimeSpan);
            follower.Lost();
            ChangedLocked();
            return true;
        }
    }

    public void Dispose() => _doubt?.Dispose();

    private void KeepLocked(ManagerTalk<TUp, TDown> talk)
    {
        if (!_old.Contains(talk))
        {
            _old.Add(talk);
            SuccessionLog.Old(_logger, talk.Manager, talk.Epoch, _epoch);
        }
    }

    private void FollowLocked(ManagerTalk<TUp, TDown> talk, int functions)
    {
        var before = _followed;
        _followed = talk;
        _old.Remove(talk);
        _doubt?.Dispose();
        follower.Follow(talk);
        SuccessionLog.Followed(_logger, talk.Manager, talk.Epoch, functions);
        if (before == talk)
        {
            return;
        }

        if (before is not null)
        {
            SuccessionLog.Superseded(_logger, before.Manager, before.Epoch);
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
    /// <param name="before">Completes when nobody else is told: what one is told, the other is not.</param>
    private async Task TellAsync(ManagerTalk<TUp, TDown> talk, Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(talk.Ending, talk.Superseded);
        lock (_gate)
        {
            if (_followed != talk)
            {
                return;
            }

            follower.Restart(talk.Version);
        }

        await follower.TellAsync(talk, over.Token).ConfigureAwait(false);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What all successions go by.</summary>
internal static class Succession
{
    /// <summary>How long an old leader is not believed though there is no other.</summary>
    public static readonly TimeSpan Doubt = TimeSpan.FromSeconds(15);
}

internal static partial class SuccessionLog
{
    [LoggerMessage(1, LogLevel.Information, "Connected to the manager at {Manager}, epoch {Epoch}: {Functions} functions")]
    public static partial void Followed(ILogger logger, string manager, ulong? epoch, int functions);

    [LoggerMessage(2, LogLevel.Warning, "The manager at {Manager}, epoch {Epoch}, is not followed any more: a newer one leads")]
    public static partial void Superseded(ILogger logger, string manager, ulong? epoch);

    [LoggerMessage(3, LogLevel.Warning, "The manager at {Manager} says that it leads in epoch {Epoch}, and is not believed: epoch {Newer} was seen")]
    public static partial void Old(ILogger logger, string manager, ulong? epoch, ulong? newer);
}
