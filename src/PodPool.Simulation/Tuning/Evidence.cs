namespace PodPool.Simulation;

/// <summary>How much of a load says anything of a miss probability.</summary>
public static class Evidence
{
    /// <summary>
    /// So many misses must be possible before their number says anything: of n claims of which none missed, no more than a share of 3 / n misses with a
    /// confidence of 95 % (the rule of three; Hanley and Lippman-Hand 1983).
    /// </summary>
    private const double RuleOfThree = 3;

    /// <summary>Claims that it takes.</summary>
    /// <param name="missProbability">The share of claims that may miss.</param>
    public static double ClaimsFor(double missProbability) => Math.Ceiling(RuleOfThree / missProbability);
}
