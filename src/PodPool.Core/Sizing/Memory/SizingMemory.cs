namespace PodPool.Core;

/// <summary>
/// What an automatic size has learnt and what is worth more than a manager's life: how claims come, how long refills take, what to aim at, and the size
/// itself. What <see cref="Pool.Learnt"/> and <see cref="Pool.Learn"/> hand from one pool to the next, as <see cref="SizingMemoryText"/> writes it.
/// <para>
/// Left out is what a gap would make worthless: a window of <see cref="ClaimBurstiness"/> that has begun, and how much was asked for in the last ten
/// minutes. So the next pool measures its burstiness from whole windows again, and shrinks up to ten minutes later.
/// </para>
/// </summary>
internal sealed record SizingMemory
{
    /// <summary>When claims were looked at last. What came after that was not seen, which is not the same as that nothing came.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Warm pods kept.</summary>
    public required int Warm { get; init; }

    /// <summary>The logarithm of what is aimed at, over what is asked for.</summary>
    public required double Aim { get; init; }

    /// <summary>Claims and misses, the last hour's mostly.</summary>
    public required double Claims { get; init; }

    public required double Misses { get; init; }

    public required RefillTimesMemory Refills { get; init; }

    public required ClaimRateMemory Rate { get; init; }

    public required ClaimBurstinessMemory Burstiness { get; init; }

    public required ClaimPatternMemory Pattern { get; init; }

    /// <summary>Seconds until then in which nobody looked; 0 if clocks differ by a little.</summary>
    public double GapUntil(DateTimeOffset now) => Math.Max(0, (now - At).TotalSeconds);
}

/// <summary>How long refills take.</summary>
/// <param name="Weights">By bucket.</param>
/// <param name="Seconds">By bucket, in all.</param>
/// <param name="Measured">How many there were.</param>
internal sealed record RefillTimesMemory(double[] Weights, double[] Seconds, long Measured);

/// <summary>How many claims came.</summary>
/// <param name="Claims">By horizon, decayed.</param>
/// <param name="Seconds">By horizon, decayed likewise.</param>
internal sealed record ClaimRateMemory(double[] Claims, double[] Seconds);

/// <summary>In what bursts claims came.</summary>
/// <param name="Squares">Squared errors, by length of the window.</param>
/// <param name="Claims">Claims in these windows.</param>
internal sealed record ClaimBurstinessMemory(double[] Squares, double[] Claims);

/// <summary>What claims do at which time.</summary>
/// <param name="Rates">Claims a second, by slot of the day, then by slot of the week.</param>
/// <param name="Seen">How often each slot was seen.</param>
/// <param name="SlotClaims">In the slot of <see cref="SizingMemory.At"/>, so far.</param>
/// <param name="SlotSeconds">Of that slot, so far.</param>
/// <param name="LevelClaims">Today's claims, the last hour's mostly.</param>
/// <param name="LevelExpected">What was usual instead.</param>
internal sealed record ClaimPatternMemory(double[] Rates, int[] Seen, double SlotClaims, double SlotSeconds, double LevelClaims, double LevelExpected);
