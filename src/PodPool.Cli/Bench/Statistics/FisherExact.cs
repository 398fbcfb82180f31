using MathNet.Numerics.Distributions;

namespace PodPool.Cli.Bench.Statistics;

/// <summary>Whether something rare has become more frequent. Fisher, The Design of Experiments (1935), 21: exact, however few there are.</summary>
internal static class FisherExact
{
    /// <summary>One-sided.</summary>
    /// <param name="before">How often before, of <paramref name="beforeOf"/>.</param>
    /// <param name="beforeOf">How many there were.</param>
    /// <param name="after">How often after.</param>
    /// <param name="afterOf">How many there were.</param>
    /// <returns>How likely so many, or more, of them are after, if it is as frequent as before.</returns>
    public static double More(int before, int beforeOf, int after, int afterOf)
        => after == 0 || beforeOf == 0 || afterOf == 0
            ? 1
            : Math.Clamp(1 - Hypergeometric.CDF(beforeOf + afterOf, before + after, afterOf, after - 1), 0, 1);
}
