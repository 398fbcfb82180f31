namespace PodPool.Core;

/// <summary>What is known of a pool's claims, and what is expected of them. Fed about once a second with how many came; constant memory.</summary>
internal sealed class ClaimDemand
{
    /// <summary>How far ahead a pattern is followed: long enough that the pods are warm before the callers come.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(3);

    private readonly ClaimRate _rate;
    private readonly ClaimBurstiness _burstiness;
    private readonly ClaimPattern _pattern;

    /// <summary>Begins with nothing known.</summary>
    public ClaimDemand() => (_rate, _burstiness, _pattern) = (new(), new(), new());

    /// <summary>Goes on from what another one knew.</summary>
    /// <param name="memory">What it knew.</param>
    /// <param name="now">The time of day.</param>
    /// <param name="lead">Seconds over which burstiness matters.</param>
    public ClaimDemand(SizingMemory memory, DateTimeOffset now, double lead)
    {
        var gap = memory.GapUntil(now);
        _burstiness = new(memory.Burstiness);
        _rate = new(memory.Rate, gap, Math.Max(1, _burstiness.Over(lead)));
        _pattern = new(memory.Pattern, memory.At, gap);
    }

    /// <summary>What is known, in three parts.</summary>
    public ClaimRateMemory Rate => _rate.Learnt;

    public ClaimBurstinessMemory Burstiness => _burstiness.Learnt;

    public ClaimPatternMemory Pattern => _pattern.Learnt;

    /// <summary>So many claims in the seconds until now.</summary>
    /// <param name="now">The time of day.</param>
    /// <param name="claims">How many.</param>
    /// <param name="seconds">Since it was told last.</param>
    /// <param name="lead">Seconds over which burstiness matters: about a refill.</param>
    public void Count(DateTimeOffset now, long claims, double seconds, double lead)
    {
        // Usually one. After a long sleep nobody knows when they came: evenly is as good as any.
        var parts = (int)Math.Clamp(Math.Round(seconds), 1, 600);
        var forecast = _rate.PerSecond;
        for (var i = 0; i < parts; i++)
        {
            _burstiness.Count((double)claims / parts, forecast);
        }

        _rate.Count(claims, seconds, Math.Max(1, _burstiness.Over(lead)));
        _pattern.Count(now, claims, seconds);
    }

    /// <summary>What comes while a refill that is ordered now is under way.</summary>
    public ClaimForecast Forecast(DateTimeOffset now, double lead)
    {
        var (rate, burstiness) = (_rate.PerSecond, _burstiness.Over(lead));
        var here = _pattern.At(now) ?? 0;
        var soon = _pattern.At(now + Ahead) ?? 0;
        var by = soon > Math.Max(rate, here) ? SlotBegin(now + Ahead) : (DateTimeOffset?)null;
        return new ClaimForecast(rate, Math.Max(rate, Math.Max(here, soon)), by, burstiness, _rate.Window, Math.Max(_rate.LastHour, Math.Max(here, soon) * 3600));
    }

    private static DateTimeOffset SlotBegin(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % ClaimPattern.Slot.Ticks, TimeSpan.Zero);
}

/// <summary>Claims that are expected.</summary>
/// <param name="Now">A second, now.</param>
/// <param name="Expected">A second, now or soon, whichever is more.</param>
/// <param name="By">When there will be so many; null: it is now.</param>
/// <param name="Burstiness">Variance over mean of the number that comes during a refill.</param>
/// <param name="Window">How many seconds of counting the rate is worth.</param>
/// <param name="Hour">Claims of the last hour, or of one that is as the pattern says, whichever are more.</param>
internal readonly record struct ClaimForecast(double Now, double Expected, DateTimeOffset? By, double Burstiness, double Window, double Hour);
