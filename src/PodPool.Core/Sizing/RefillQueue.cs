namespace PodPool.Core;

/// <summary>Refills that are wanted and may not begin yet, because there may be only so many a second, or so many at once.</summary>
/// <param name="Mean">How many.</param>
/// <param name="Variance">Of how many, and how it goes with those under way.</param>
/// <param name="Load">The share of what the limits let through that is asked for; from 1 on, the queue would grow without end.</param>
internal readonly record struct RefillQueue(double Mean, double Variance, double Load)
{
    /// <summary>Nearer to its limits than this a queue is longer than anybody could keep pods for; it is reckoned as if at this load.</summary>
    private const double Most = 0.95;

    /// <summary>The queue before a pool's limits.</summary>
    /// <param name="spec">Has the limits.</param>
    /// <param name="perSecond">Claims a second.</param>
    /// <param name="burstiness">Variance over mean of their number.</param>
    /// <param name="refills">How long refills take.</param>
    public static RefillQueue Of(PoolSpec spec, double perSecond, double burstiness, RefillTimes refills)
    {
        var rate = BeforeRate(perSecond, burstiness, spec.RefillPerSecond, spec.RefillBurst);

        // A pool that is large enough has warm pods nearly always.
        var parallel = BeforeParallelism(perSecond, burstiness, Math.Min(spec.RefillParallelism, spec.RefillParallelismWhileWarm), refills);
        return new RefillQueue(rate.Mean + parallel.Mean, rate.Variance + parallel.Variance, Math.Max(rate.Load, parallel.Load));
    }

    /// <summary>
    /// What is left over of claims less tokens reaches a height x with probability e^(−θx), θ = 2 (1 − load) ÷ (load × burstiness): the reflected Brownian
    /// motion that a queue in heavy traffic is (Harrison 1985). The bucket holds the first <paramref name="burst"/>.
    /// </summary>
    private static RefillQueue BeforeRate(double perSecond, double burstiness, double limit, int burst)
    {
        var asked = perSecond / limit;
        var load = Math.Min(asked, Most);
        if (load <= 0)
        {
            return new RefillQueue(0, 0, asked);
        }

        var decay = 2 * (1 - load) / (load * burstiness);
        var waits = Math.Exp(-decay * burst);
        return Tailed(waits, waits / decay, asked, 0);
    }

    /// <summary>
    /// Sakasegawa's approximation of the queue before c servers (1977), with Allen and Cunneen's correction for variation, (burstiness + variation of the
    /// refill time) ÷ 2. While any wait, all c places are taken: so the queue goes with those under way.
    /// </summary>
    private static RefillQueue BeforeParallelism(double perSecond, double burstiness, int places, RefillTimes refills)
    {
        var underWay = perSecond * refills.Mean;
        var asked = underWay / places;
        var load = Math.Min(asked, Most);
        var power = Math.Sqrt(2 * (places + 1.0));
        var waits = Math.Pow(load, power - 1);
        var mean = Math.Pow(load, power) / (1 - load) * (burstiness + refills.Variation) / 2;
        return Tailed(waits, mean, asked, 2 * mean * Math.Max(0, places - underWay));
    }

    /// <summary>None with a probability, else geometric: the tail that queues have.</summary>
    private static RefillQueue Tailed(double waits, double mean, double load, double covariance) =>
        mean < 1e-9 ? new RefillQueue(0, 0, load) : new RefillQueue(mean, mean + 2 * mean * mean / waits - mean * mean + covariance, load);
}
