using MathNet.Numerics.Distributions;

namespace PodPool.Cli.Bench.Statistics;

/// <summary>A percentile of a sample, and where the percentile of the whole population lies.</summary>
/// <param name="Percentile">0 to 100.</param>
/// <param name="Ms">Of the sample, milliseconds.</param>
/// <param name="Low">Milliseconds; null: the sample is too small to say.</param>
/// <param name="High">As <paramref name="Low"/>.</param>
internal sealed record QuantileInterval(double Percentile, double Ms, double? Low, double? High)
{
    /// <summary>How sure: 19 of 20 such intervals hold the population's percentile.</summary>
    public const double Confidence = 0.95;

    /// <summary>
    /// By order statistics: the number of samples below the population's q-quantile is binomial (n, q), whatever the distribution, so ranks at the
    /// binomial's tails enclose it. David and Nagaraja, Order Statistics, 3rd ed., 7.1; Hahn and Meeker, Statistical Intervals, 5.2.
    /// </summary>
    /// <param name="sorted">Milliseconds, ascending.</param>
    /// <param name="percentile">0 to 100, both excluded.</param>
    /// <param name="confidence">0 to 1.</param>
    /// <returns>Null: there are no samples.</returns>
    public static QuantileInterval? Of(IReadOnlyList<double> sorted, double percentile, double confidence = Confidence)
    {
        var n = sorted.Count;
        if (n == 0)
        {
            return null;
        }

        var (low, high) = Ranks(n, percentile / 100, confidence);
        return new(percentile, At(sorted, percentile), low >= 1 ? sorted[low - 1] : null, high <= n ? sorted[high - 1] : null);
    }

    /// <summary>The nearest rank, as HdrHistogram has it.</summary>
    public static double At(IReadOnlyList<double> sorted, double percentile)
        => sorted[Math.Clamp((int)((percentile / 100 * sorted.Count) + 0.5), 1, sorted.Count) - 1];

    /// <summary>
    /// Ranks, from 1, of the samples that enclose it: each side errs with half of what may go wrong. 0 and n + 1 stand for no sample.
    /// </summary>
    internal static (int Low, int High) Ranks(int n, double q, double confidence)
    {
        var tail = (1 - confidence) / 2;

        // With r samples or fewer below the quantile, the next rank up is above it.
        return (
            FirstWhere(1, n + 1, rank => Binomial.CDF(q, n, rank - 1) > tail) - 1,
            FirstWhere(1, n + 1, rank => Binomial.CDF(q, n, rank - 1) >= 1 - tail));
    }

    /// <summary>The first rank for which something holds that holds for all after it, too; <paramref name="end"/> if for none before.</summary>
    private static int FirstWhere(int begin, int end, Func<int, bool> holds)
    {
        while (begin < end)
        {
            var middle = begin + ((end - begin) / 2);
            if (holds(middle))
            {
                end = middle;
            }
            else
            {
                begin = middle + 1;
            }
        }

        return begin;
    }
}
