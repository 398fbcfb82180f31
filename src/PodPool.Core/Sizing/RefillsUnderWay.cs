namespace PodPool.Core;

/// <summary>
/// How many refills are under way when a claim comes, and so how many warm pods must be kept.
/// <para>
/// Every claim orders one refill, so the pool is a base stock with one-for-one replenishment: warm pods and refills under way are always S in all, and a
/// claim misses if it finds S or more under way. If claims are Poisson, their number is Poisson with the mean rate × mean refill time, whatever else the
/// refill time's distribution is: Palm's theorem (1938; for stocks Feeney and Sherbrooke 1966, METRIC 1968, Zipkin 2000, section 7.2; for servers the
/// M/G/∞ queue of Gans, Koole and Mandelbaum 2003). If claims vary more than that, it is negative binomial with the same mean and the variance that was
/// measured (Sherbrooke's VARI-METRIC 1986, Graves 1985).
/// </para>
/// <para>
/// A claim is likelier to come in a busy time, so what it finds is not what is there at any time: under a rate that varies it is the distribution biased by
/// size, less the claim itself, P*(n) = (n + 1) P(n + 1) ÷ mean. For Poisson that is the same (PASTA), for the negative binomial one with r + 1 for r.
/// </para>
/// </summary>
internal readonly struct RefillsUnderWay
{
    /// <summary>Weights below this part of the largest add nothing that a double can hold.</summary>
    private const double Nothing = 1e-17;

    private const double MostMean = 500_000;
    private const double MostRatio = 1000;

    // P(n + 1) = P(n) × (a + b ÷ (n + 1)), a = 0 for Poisson: Panjer's class (1981). Summed from the mode outwards nothing overflows or cancels.
    private readonly double _a;
    private readonly double _b;
    private readonly int _mode;

    /// <param name="mean">How many are under way on average.</param>
    /// <param name="variance">Of how many there are; less than the mean counts as the mean.</param>
    public RefillsUnderWay(double mean, double variance)
    {
        mean = Math.Clamp(mean, 0, MostMean);
        var ratio = mean > 0 ? Math.Clamp(variance / mean, 1, MostRatio) : 1;
        _a = 1 - 1 / ratio;
        _b = mean / ratio;
        _mode = (int)mean;
    }

    /// <summary>The probability that a claim finds none of so many warm pods.</summary>
    public double MissProbability(int warm)
    {
        var (total, missed) = Sums(warm);
        return missed / total;
    }

    /// <summary>The fewest warm pods with which no more than that share of claims misses.</summary>
    public int WarmFor(double missProbability)
    {
        var (total, missed) = Sums(_mode);
        var may = missProbability * total;
        var (warm, weight) = (_mode, 1.0);
        for (; missed > may && weight > Nothing; weight *= _a + _b / ++warm)
        {
            missed -= weight;
        }

        // The target may be so loose that fewer do.
        weight = 1;
        for (; warm > 0 && warm <= _mode && missed + (weight /= _a + _b / warm) <= may; warm--)
        {
            missed += weight;
        }

        return warm;
    }

    /// <summary>The weights of all numbers, that of the mode being 1, and of those from one on.</summary>
    private (double All, double From) Sums(int from)
    {
        var (all, counted) = (0.0, 0.0);
        var weight = 1.0;
        for (var n = _mode; weight > Nothing; weight *= _a + _b / ++n)
        {
            all += weight;
            counted += n >= from ? weight : 0;
        }

        weight = 1;
        for (var n = _mode; n > 0 && weight > Nothing; n--)
        {
            weight /= _a + _b / n;
            all += weight;
            counted += n - 1 >= from ? weight : 0;
        }

        return (all, counted);
    }
}
