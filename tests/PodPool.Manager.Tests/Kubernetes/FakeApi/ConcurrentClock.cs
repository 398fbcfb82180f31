namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>
/// A clock that moves when it is told to, for what runs on many threads: timers fire on the thread that moves it, as it holds no lock, and nowhere else.
/// (FakeTimeProvider lets them fire on whichever thread reads the time next, in the middle of what that one does; and one that throws there is the last.)
/// </summary>
internal sealed class ConcurrentClock(DateTimeOffset begin) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Timer, (long Due, long Order)> _timers = new();
    private long _now = begin.UtcTicks;
    private long _orders;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _now), TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves on, by one thread at a time. What was due meanwhile happens now, in its order.</summary>
    public void Advance(TimeSpan span)
    {
        var now = Interlocked.Add(ref _now, span.Ticks);
        while (TakeDue(now) is { } timer)
        {
            timer.Fire();
        }
    }

    private Timer? TakeDue(long now)
    {
        lock (_gate)
        {
            while (_timers.TryPeek(out var timer, out var at) && at.Due <= now)
            {
                _timers.Dequeue();
                if (timer.Order == at.Order)
                {
                    timer.Order = null;
                    if (timer.Period > TimeSpan.Zero)
                    {
                        Set(timer, at.Due + timer.Period.Ticks);
                    }

                    return timer;
                }
            }

            return null;
        }
    }

    /// <summary>Whatever it was set to before is void.</summary>
    private void Set(Timer timer, long due)
    {
        timer.Order = ++_orders;
        _timers.Enqueue(timer, (due, _orders));
    }

    private sealed class Timer(ConcurrentClock clock, Action fire) : ITimer
    {
        private bool _isDisposed;

        /// <summary>Which setting of it counts; null: none.</summary>
        public long? Order { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                if (_isDisposed)
                {
                    return false;
                }

                (Order, Period) = (null, period);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    clock.Set(this, clock._now + dueTime.Ticks);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                _isDisposed = true;
                Order = null;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
