namespace PodPool.Manager.Pools;

/// <summary>
/// When pods of a pool were wanted: the last <see cref="Capacity"/> times of the last <see cref="Reach"/>, to the millisecond, in fixed memory
/// (80 kB). Whether there was a warm pod makes no difference: what came is remembered, not what the pool that there was made of it.
/// </summary>
internal sealed class ClaimTrace(TimeProvider time)
{
    /// <summary>How many times are kept.</summary>
    public const int Capacity = 20_000;

    /// <summary>How far back they go.</summary>
    public static readonly TimeSpan Reach = TimeSpan.FromHours(24);

    private readonly Lock _gate = new();
    private readonly long _begun = time.GetTimestamp();

    // The low 32 bits of milliseconds: all that are kept lie within a day, so the difference of two says how far they are apart.
    private readonly uint[] _times = new uint[Capacity];
    private int _first;
    private int _count;
    private long _newest;

    /// <summary>So many pods are wanted now.</summary>
    public void Add(int pods)
    {
        lock (_gate)
        {
            var now = Now();
            Forget(now);
            for (var left = Math.Min(pods, Capacity); left > 0; left--)
            {
                if (_count == Capacity)
                {
                    RemoveOldest();
                }

                _times[(_first + _count++) % Capacity] = (uint)now;
            }

            _newest = now;
        }
    }

    /// <summary>What is kept.</summary>
    public ClaimTimes Read()
    {
        lock (_gate)
        {
            var now = Now();
            Forget(now);
            if (_count == 0)
            {
                return ClaimTimes.None;
            }

            var ticks = new long[_count];
            for (var i = 0; i < _count; i++)
            {
                ticks[i] = (_times[(_first + i) % Capacity] - _times[_first]) * TimeSpan.TicksPerMillisecond;
            }

            var length = TimeSpan.FromMilliseconds(now - OldestAt);
            return new(time.GetUtcNow() - length, ticks, length);
        }
    }

    private long OldestAt => _newest - ((uint)_newest - _times[_first]);

    private void Forget(long now)
    {
        while (_count > 0 && now - OldestAt > Reach.TotalMilliseconds)
        {
            // After a long silence nothing is left: one look instead of thousands.
            if (now - _newest > Reach.TotalMilliseconds)
            {
                _count = 0;
                return;
            }

            RemoveOldest();
        }
    }

    private void RemoveOldest()
    {
        _first = (_first + 1) % Capacity;
        _count--;
    }

    /// <summary>Milliseconds on the monotonic clock: nobody sets it back.</summary>
    private long Now() => (long)time.GetElapsedTime(_begun).TotalMilliseconds;
}

/// <summary>Times at which pods were wanted.</summary>
/// <param name="Begin">When the first was.</param>
/// <param name="Ticks">Of each, how long after that, in ticks of 100 ns; oldest first.</param>
/// <param name="Length">From the first until now.</param>
internal sealed record ClaimTimes(DateTimeOffset Begin, IReadOnlyList<long> Ticks, TimeSpan Length)
{
    /// <summary>Nobody wanted any.</summary>
    public static readonly ClaimTimes None = new(DateTimeOffset.UnixEpoch, [], TimeSpan.Zero);
}
