namespace PodPool.Core;

/// <summary>As many warm pods as make a miss as unlikely as asked, by what the pool measures of its claims and refills.</summary>
/// <param name="MissProbability">The share of claims that may find no warm pod; more than 0, less than 1.</param>
public sealed record SizeAuto(double MissProbability)
{
    /// <summary>Never fewer. At least 0. Default: 1; with none every claim would miss. An idle pool keeps some more: nobody knows whether its first callers come alone.</summary>
    public int Min { get; init; } = 1;

    /// <summary>Never more, but for a schedule that asks for more. At least 1, and <see cref="Min"/>. Default: no limit.</summary>
    public int Max { get; init; } = int.MaxValue;
}
