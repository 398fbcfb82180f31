namespace PodPool.Simulation;

/// <summary>
/// A lognormal distribution of times, by its median and 99th percentile: skewed to the right, as durations and start times of functions are (Shahrad et al.
/// 2020, section 3.4).
/// </summary>
/// <param name="Median">Half of all take less.</param>
/// <param name="P99">One of a hundred takes longer; the median: all take that long.</param>
public readonly record struct Spread(TimeSpan Median, TimeSpan P99)
{
    /// <summary>The 99th percentile of the standard normal distribution.</summary>
    private const double Normal99 = 2.3263478740408408;

    private readonly double _log = P99 > Median && Median > TimeSpan.Zero ? Math.Log(P99 / Median) / Normal99 : 0;

    /// <summary>The mean.</summary>
    public TimeSpan Mean => Median * Math.Exp(_log * _log / 2);

    /// <summary>One of them, in ticks.</summary>
    public long Draw(Chance chance) => _log == 0 ? Median.Ticks : (long)(Median.Ticks * Math.Exp(_log * chance.Normal()));
}
