namespace PodPool.Simulation;

/// <summary>What became of a size.</summary>
/// <param name="Warm">Warm pods.</param>
/// <param name="Does">Whether it is enough.</param>
/// <param name="MissRate">The share of claims that missed.</param>
internal readonly record struct TriedSize(int Warm, bool Does, double MissRate);

/// <summary>
/// Which sizes to try, to find the smallest that does with few of them: four times as many until one does, then halfway between the last that does not and the
/// first that does, until those two are within a tenth of each other.
/// </summary>
internal static class SizeSearch
{
    /// <summary>No size beyond is tried.</summary>
    public const int Largest = 4096;

    /// <summary>Less than this part of the misses gone: what misses still does not for want of warm pods, but of refills.</summary>
    private const double Stall = 0.1;

    private static readonly int[] Ladder = [1, 4, 16];

    /// <param name="tried">What was tried, in any order.</param>
    /// <param name="most">The largest size that may be.</param>
    /// <returns>None: it is found, or there is none.</returns>
    public static IReadOnlyList<int> Next(IEnumerable<TriedSize> tried, int most)
    {
        var sizes = tried.OrderBy(size => size.Warm).ToList();
        if (sizes.Count == 0)
        {
            return [.. Ladder.Select(size => Math.Min(size, most)).Distinct()];
        }

        var does = sizes.FindIndex(size => size.Does);
        return does < 0 ? Larger(sizes, Math.Min(most, Largest)) : Closer(does == 0 ? 0 : sizes[does - 1].Warm, sizes[does].Warm);
    }

    private static int[] Larger(List<TriedSize> sizes, int most)
    {
        var last = sizes[^1];
        if (last.Warm >= most)
        {
            return [];
        }

        // One large step shows whether more would help after all.
        var isStalled = last.Warm > Ladder[^1] && sizes.Count > 1 && last.MissRate > sizes[^2].MissRate * (1 - Stall);
        return isStalled && last.Warm >= (long)sizes[^2].Warm * 16 ? [] : [(int)Math.Min(most, Math.Max(1, last.Warm) * (isStalled ? 16L : 4))];
    }

    private static int[] Closer(int low, int high)
    {
        if (high - low <= Math.Max(1, high / 10))
        {
            return [];
        }

        var isWide = low > 0 && high / low >= 4;
        return [(int)Math.Round(isWide ? Math.Sqrt((double)low * high) : (low + high) / 2.0)];
    }
}
