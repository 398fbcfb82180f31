namespace PodPool.Core;

/// <summary>
/// What a memory must be to be believed. It comes from outside, from a file or an object that others may write: nothing in it may make a size that is no
/// number, or one that no load could have asked for.
/// </summary>
internal static class SizingMemoryRules
{
    /// <summary>Claims a second: more than any pool has.</summary>
    public const double MostRate = 60_000;

    private const int MostWarm = 100_000;

    /// <summary>Variance over mean; batches of a thousand have a thousand.</summary>
    private const double MostBurstiness = 1e6;

    /// <summary>What float and <see cref="Half"/> make of a number that is at a limit.</summary>
    private const double Rounding = 1.001;

    /// <summary>Clocks of two machines differ by less.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>What is wrong with it, now; null: nothing.</summary>
    public static string? ProblemOf(SizingMemory memory, DateTimeOffset now) =>
        memory.At > now + Skew ? FormattableString.Invariant($"it is of {memory.At:u}, which is yet to come")
        : memory.Warm is < 0 or > MostWarm ? "its size cannot be"
        : !(memory.Aim >= MissAim.Strictest * Rounding && memory.Aim <= 0) ? "its aim cannot be"
        : !IsCount(memory.Claims, AutoSize.MissMemory * MostRate) || !IsCount(memory.Misses, AutoSize.MissMemory * MostRate) ? "its claims and misses cannot be"
        : !Can(memory.Refills) ? "its refill times cannot be"
        : !Can(memory.Rate) ? "its claim rate cannot be"
        : !Can(memory.Burstiness) ? "its burstiness cannot be"
        : !Can(memory.Pattern) ? "its pattern of day and week cannot be"
        : null;

    private static bool Can(RefillTimesMemory refills)
    {
        if (refills.Weights.Length != RefillTimes.Buckets || refills.Seconds.Length != RefillTimes.Buckets || refills.Measured < 0)
        {
            return false;
        }

        for (var i = 0; i < RefillTimes.Buckets; i++)
        {
            var (least, most) = RefillTimes.BoundsOf(i);
            var weight = refills.Weights[i];
            if (!IsCount(weight, 2 * RefillTimes.Memory) || !(refills.Seconds[i] >= weight * least / Rounding && refills.Seconds[i] <= weight * most * Rounding))
            {
                return false;
            }
        }

        return refills.Weights.Sum() >= 1 && refills.Seconds.Sum() > 0;
    }

    private static bool Can(ClaimRateMemory rate) =>
        rate.Claims.Length == ClaimRate.HorizonCount && rate.Seconds.Length == ClaimRate.HorizonCount
            && rate.Seconds.Zip(ClaimRate.Horizons, (seconds, horizon) => IsCount(seconds, 2 * horizon)).All(can => can)
            && rate.Claims.Zip(ClaimRate.Horizons, (claims, horizon) => IsCount(claims, 2 * horizon * MostRate)).All(can => can);

    private static bool Can(ClaimBurstinessMemory burstiness) =>
        burstiness.Squares.Length == ClaimBurstiness.Windows && burstiness.Claims.Length == ClaimBurstiness.Windows
            && burstiness.Claims.All(claims => IsCount(claims, float.MaxValue))
            && burstiness.Squares.Zip(burstiness.Claims, (squares, claims) => IsCount(squares, MostBurstiness * Math.Max(1, claims))).All(can => can);

    private static bool Can(ClaimPatternMemory pattern) =>
        pattern.Rates.Length == ClaimPattern.Slots && pattern.Seen.Length == ClaimPattern.Slots
            && pattern.Rates.All(rate => IsCount(rate, MostRate)) && pattern.Seen.All(seen => seen >= 0)
            && IsCount(pattern.SlotSeconds, float.MaxValue) && IsCount(pattern.SlotClaims, Math.Max(1, pattern.SlotSeconds) * MostRate)
            && IsCount(pattern.LevelClaims, float.MaxValue) && IsCount(pattern.LevelExpected, float.MaxValue);

    private static bool IsCount(double value, double most) => value >= 0 && value <= most;
}
