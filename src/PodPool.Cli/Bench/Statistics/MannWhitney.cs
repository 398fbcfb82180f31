using MathNet.Numerics.Distributions;

namespace PodPool.Cli.Bench.Statistics;

/// <summary>Whether two samples are of one distribution, judged by ranks alone: outliers count no more than any other sample.</summary>
internal static class MannWhitney
{
    /// <summary>
    /// Two-sided, by the normal approximation with corrections for ties and continuity; good from some eight samples a side on. Mann and Whitney, On a
    /// test of whether one of two random variables is stochastically larger than the other, Ann. Math. Stat. 18 (1947); ties as in Lehmann,
    /// Nonparametrics (1975), 1.4.
    /// </summary>
    /// <returns>How likely a difference as large as this is, if there is none; 1 where one of them is empty or all values are equal.</returns>
    public static double PValue(IReadOnlyList<double> one, IReadOnlyList<double> other)
    {
        double n = one.Count, m = other.Count;
        if (n == 0 || m == 0)
        {
            return 1;
        }

        var (rankSum, ties) = RankSum(one, other);
        var u = rankSum - (n * (n + 1) / 2);
        var total = n + m;
        var variance = n * m / 12 * (total + 1 - (ties / (total * (total - 1))));
        if (variance <= 0)
        {
            return 1;
        }

        var distance = Math.Max(0, Math.Abs(u - (n * m / 2)) - 0.5);
        return Math.Min(1, 2 * Normal.CDF(0, 1, -distance / Math.Sqrt(variance)));
    }

    /// <summary>The ranks of the first sample, equal values sharing theirs; and Σ t³ - t over the groups of equal values.</summary>
    private static (double RankSum, double Ties) RankSum(IReadOnlyList<double> one, IReadOnlyList<double> other)
    {
        (double Value, bool First)[] all = [.. one.Select(value => (value, true)), .. other.Select(value => (value, false))];
        Array.Sort(all, static (a, b) => a.Value.CompareTo(b.Value));
        double rankSum = 0, ties = 0;
        for (var begin = 0; begin < all.Length;)
        {
            var end = begin;
            var first = 0;
            while (end < all.Length && all[end].Value.Equals(all[begin].Value))
            {
                first += all[end].First ? 1 : 0;
                end++;
            }

            double size = end - begin;
            rankSum += first * (begin + 1 + end) / 2.0;
            ties += (size * size * size) - size;
            begin = end;
        }

        return (rankSum, ties);
    }
}
