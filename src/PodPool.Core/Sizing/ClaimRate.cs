namespace PodPool.Core;

/// <summary>
/// How many claims come a second, looked at over several horizons at once: a long one is exact while nothing changes, a short one is soon right when
/// something has. The longest is taken that no shorter one contradicts: Lepski's choice of a window, by the intersection of confidence intervals
/// (Goldenshluger and Nemirovski, "On spatially adaptive estimation of nonparametric regression", 1997). Each horizon is one exponentially decayed sum.
/// </summary>
internal sealed class ClaimRate
{
    /// <summary>Seconds in which what was counted loses all but 1/e of its weight.</summary>
    public static readonly double[] Horizons = [10, 30, 120, 600, 3600];

    /// <summary>Of these, as a constant.</summary>
    public const int HorizonCount = 5;

    /// <summary>Standard deviations to either side. Less and chance is taken for a change now and then; more and a change is seen later.</summary>
    private const double Confidence = 3;

    private readonly double[] _claims = new double[HorizonCount];
    private readonly double[] _seconds = new double[HorizonCount];

    /// <summary>Begins with nothing seen.</summary>
    public ClaimRate()
    {
    }

    /// <summary>
    /// Goes on after a gap in which nobody counted. What a horizon has lost by then it takes at the rate of the next longer one, up to the weight of ten
    /// seconds: not to have looked must not be the same as that nobody came.
    /// </summary>
    /// <param name="memory">What was seen before the gap.</param>
    /// <param name="gap">Its length, in seconds.</param>
    /// <param name="burstiness">Variance of counts over their mean.</param>
    public ClaimRate(ClaimRateMemory memory, double gap, double burstiness)
    {
        var longer = RateOf(memory.Claims[^1], memory.Seconds[^1]);
        for (var i = Horizons.Length - 1; i >= 0; i--)
        {
            var keep = Math.Exp(-gap / Horizons[i]);
            var unseen = Math.Max(0, Math.Min(memory.Seconds[i], Horizons[0]) - memory.Seconds[i] * keep);
            _seconds[i] = memory.Seconds[i] * keep + unseen;
            _claims[i] = memory.Claims[i] * keep + unseen * longer;
            longer = RateOf(_claims[i], _seconds[i]);
        }

        Choose(burstiness);
    }

    /// <summary>What was seen until now.</summary>
    public ClaimRateMemory Learnt => new([.. _claims], [.. _seconds]);

    /// <summary>Claims of the last hour, the newest counting most.</summary>
    public double LastHour => _claims[^1];

    /// <summary>Claims a second, now.</summary>
    public double PerSecond { get; private set; }

    /// <summary>How many seconds of counting that is worth: the variance of the rate is burstiness × rate ÷ this.</summary>
    public double Window { get; private set; } = 1;

    /// <summary>So many came in the last so many seconds.</summary>
    /// <param name="claims">How many.</param>
    /// <param name="seconds">In how many.</param>
    /// <param name="burstiness">Variance of counts over their mean.</param>
    public void Count(double claims, double seconds, double burstiness)
    {
        for (var i = 0; i < Horizons.Length; i++)
        {
            // As if they had come in the middle of the time.
            var half = Math.Exp(-seconds / 2 / Horizons[i]);
            _claims[i] = (_claims[i] * half + claims) * half;
            _seconds[i] = (_seconds[i] * half + seconds) * half;
        }

        Choose(burstiness);
    }

    private static double RateOf(double claims, double seconds) => seconds > 0 ? claims / seconds : 0;

    private void Choose(double burstiness)
    {
        var (low, high) = (double.NegativeInfinity, double.PositiveInfinity);
        for (var i = 0; i < Horizons.Length; i++)
        {
            // The sum of squared weights of an exponential window is half its length. Half a claim keeps "none yet" from being certain.
            var seconds = Math.Max(_seconds[i], Horizons[0]);
            var window = 2 * seconds;
            var rate = _claims[i] / seconds;
            var margin = Confidence * Math.Sqrt(burstiness * (rate + 0.5 / window) / window);
            low = Math.Max(low, rate - margin);
            high = Math.Min(high, rate + margin);
            if (low > high)
            {
                return;
            }

            PerSecond = rate + 0.5 / window;
            Window = window;
        }
    }
}
