namespace PodPool.Core;

/// <summary>How many warm pods a pool keeps now, and why.</summary>
/// <param name="Warm">Warm pods to keep, in all.</param>
public sealed record SizeDecision(int Warm)
{
    /// <summary>Of these, how many are kept for named functions.</summary>
    public int Reserved { get; init; }

    /// <summary>The schedule that is on; null: none.</summary>
    public SizeSchedule? Schedule { get; init; }

    /// <summary>What the size was reckoned from; null: it is not automatic.</summary>
    public SizeForecast? Forecast { get; init; }

    /// <summary>What was asked for cannot be had with as many pods as there may be, or as refills begin.</summary>
    public bool IsShort => Forecast is { } forecast && (forecast.RefillsAreTooSlow || forecast.Needed > Math.Max(forecast.Max, Warm - Reserved));

    /// <summary>In a sentence, for operators.</summary>
    public string Why => SizeReason.Of(this);
}

/// <summary>What an automatic size was reckoned from.</summary>
public sealed record SizeForecast
{
    /// <summary>The miss probability that was asked for.</summary>
    public required double Asked { get; init; }

    /// <summary>As many warm pods as there may be.</summary>
    public required int Max { get; init; }

    /// <summary>As many warm pods as would do for it now, whatever there may be. The pool may have more: it shrinks slowly.</summary>
    public required int Needed { get; init; }

    /// <summary>Claims a second, now.</summary>
    public required double Demand { get; init; }

    /// <summary>Claims a second that the size is made for.</summary>
    public required double Expected { get; init; }

    /// <summary>When there will be so many, by what was so on other days; null: they come now.</summary>
    public DateTimeOffset? ExpectedBy { get; init; }

    /// <summary>Variance over mean of the number of claims that come during a refill; 1: they are independent of each other.</summary>
    public required double Burstiness { get; init; }

    /// <summary>How long a refill takes, from the order of a pod until it is warm.</summary>
    public required TimeSpan RefillMean { get; init; }

    public required TimeSpan RefillP50 { get; init; }

    public required TimeSpan RefillP99 { get; init; }

    /// <summary>How many refills were measured; until there are some the times above are assumed.</summary>
    public required long RefillsMeasured { get; init; }

    /// <summary>The share of the refills that may begin (<see cref="PoolSpec.RefillPerSecond"/>, <see cref="PoolSpec.RefillParallelism"/>) that is asked for.</summary>
    public required double RefillLoad { get; init; }

    /// <summary>Claims come faster than refills may begin: no number of warm pods would last.</summary>
    public bool RefillsAreTooSlow => RefillLoad >= 1;

    /// <summary>The share of claims that find none of the warm pods kept now.</summary>
    public required double PredictedMissProbability { get; init; }

    /// <summary>The share of claims that missed, the last hour's mostly; null: none came.</summary>
    public double? ActualMissRate { get; init; }
}
