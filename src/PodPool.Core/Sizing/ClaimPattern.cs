namespace PodPool.Core;

/// <summary>
/// What claims do at this time of the day, and of the week: the mean rate of every quarter of an hour, the last days and weeks counting most. A quarter of
/// the week is believed from its second week on; until then that of the day, from its second day on. In UTC: where clocks are changed, a pattern follows in
/// some days. The level is today's, as in Holt and Winters' multiplicative seasons (1960): a quiet day lowers what the pattern expects of its evening.
/// </summary>
internal sealed class ClaimPattern
{
    public static readonly TimeSpan Slot = TimeSpan.FromMinutes(15);

    /// <summary>Of a day, and of a week.</summary>
    public const int Slots = 8 * SlotsPerDay;

    private const int SlotsPerDay = 24 * 4;

    /// <summary>The weight of the newest day or week, once there are many.</summary>
    private const double Newest = 0.3;

    private const int Enough = 2;

    /// <summary>Seconds over which today is compared with the pattern, and claims that outweigh what little was seen.</summary>
    private const double LevelMemory = 3600;
    private const double LevelPrior = 20;

    private readonly (double Rate, int Seen)[] _day = new (double, int)[SlotsPerDay];
    private readonly (double Rate, int Seen)[] _week = new (double, int)[7 * SlotsPerDay];
    private long _slot = -1;
    private double _claims;
    private double _seconds;
    private double _levelClaims;
    private double _levelExpected;

    /// <summary>Begins with nothing known.</summary>
    public ClaimPattern()
    {
    }

    /// <summary>Goes on after a gap; the slot in which it began too, if that is still now.</summary>
    /// <param name="memory">What was known.</param>
    /// <param name="at">When the gap began.</param>
    /// <param name="gap">Its length, in seconds.</param>
    public ClaimPattern(ClaimPatternMemory memory, DateTimeOffset at, double gap)
    {
        for (var i = 0; i < Slots; i++)
        {
            ref var slot = ref i < SlotsPerDay ? ref _day[i] : ref _week[i - SlotsPerDay];
            slot = (memory.Rates[i], memory.Seen[i]);
        }

        var keep = Math.Exp(-gap / LevelMemory);
        (_slot, _claims, _seconds) = (SlotOf(at), memory.SlotClaims, memory.SlotSeconds);
        (_levelClaims, _levelExpected) = (memory.LevelClaims * keep, memory.LevelExpected * keep);
    }

    /// <summary>What is known until now.</summary>
    public ClaimPatternMemory Learnt
    {
        get
        {
            (double Rate, int Seen)[] slots = [.. _day, .. _week];
            return new(Array.ConvertAll(slots, slot => slot.Rate), Array.ConvertAll(slots, slot => slot.Seen), _claims, _seconds, _levelClaims, _levelExpected);
        }
    }

    /// <summary>Claims a second expected then; null: there is not enough history.</summary>
    public double? At(DateTimeOffset time) => Usual(SlotOf(time)) * Level;

    /// <summary>So many claims in the seconds until now.</summary>
    public void Count(DateTimeOffset now, double claims, double seconds)
    {
        var slot = SlotOf(now);
        if (slot != _slot)
        {
            // Of a slot that was not seen for most of its time, nothing is learnt.
            if (_seconds > Slot.TotalSeconds / 2)
            {
                Learn(ref _day[_slot % SlotsPerDay]);
                Learn(ref _week[_slot % _week.Length]);
            }

            (_slot, _claims, _seconds) = (slot, 0, 0);
        }

        _claims += claims;
        _seconds += seconds;
        if (Usual(slot) is { } usual)
        {
            var keep = Math.Exp(-seconds / LevelMemory);
            _levelClaims = _levelClaims * keep + claims;
            _levelExpected = _levelExpected * keep + usual * seconds;
        }
    }

    /// <summary>Today's share of what is usual; at most twice, for that is what would be kept idle for a mistake.</summary>
    private double Level => Math.Min(2, (_levelClaims + LevelPrior) / (_levelExpected + LevelPrior));

    private static long SlotOf(DateTimeOffset time) => time.UtcTicks / Slot.Ticks;

    private double? Usual(long slot)
    {
        var (ofWeek, ofDay) = (_week[slot % _week.Length], _day[slot % SlotsPerDay]);
        return ofWeek.Seen >= Enough ? ofWeek.Rate : ofDay.Seen >= Enough ? ofDay.Rate : null;
    }

    private void Learn(ref (double Rate, int Seen) slot)
    {
        slot.Seen++;
        slot.Rate += (_claims / _seconds - slot.Rate) * Math.Max(Newest, 1.0 / slot.Seen);
    }
}
