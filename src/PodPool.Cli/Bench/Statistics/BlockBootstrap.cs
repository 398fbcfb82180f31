namespace PodPool.Cli.Bench.Statistics;

/// <summary>
/// How far the ratio of two samples' percentiles may be off. What was measured one after the other is alike (a machine is slow for seconds, not for one
/// request), so blocks of neighbours are drawn, not single samples: Künsch, The jackknife and the bootstrap for general stationary observations, Ann. Stat.
/// 17 (1989). Where there are several runs, runs are drawn first: what differs from run to run is noise too (Davison and Hinkley, Bootstrap Methods, 3.8).
/// </summary>
internal static class BlockBootstrap
{
    private const int Draws = 5000;

    /// <summary>A percentile interval of the ratio <paramref name="after"/> / <paramref name="before"/>. The same input gives the same answer.</summary>
    /// <param name="before">Samples of each run, in the order in which they were measured; none is empty.</param>
    /// <param name="after">As <paramref name="before"/>.</param>
    /// <param name="percentile">0 to 100.</param>
    /// <param name="confidence">0 to 1.</param>
    public static (double Low, double High) Ratio(
        IReadOnlyList<IReadOnlyList<double>> before, IReadOnlyList<IReadOnlyList<double>> after, double percentile, double confidence)
    {
        // Seeded: a verdict that changes when it is asked again is none.
        var random = new Random(1989);
        var (one, other) = (new Resampler(before), new Resampler(after));
        var ratios = new double[Draws];
        for (var draw = 0; draw < Draws; draw++)
        {
            ratios[draw] = other.Draw(percentile, random) / one.Draw(percentile, random);
        }

        Array.Sort(ratios);
        var tail = (1 - confidence) / 2;
        return (ratios[(int)(tail * (Draws - 1))], ratios[(int)Math.Ceiling((1 - tail) * (Draws - 1))]);
    }

    /// <summary>Draws runs and blocks. Counts how often each value is drawn, and never sorts: 20,000 samples are drawn as often as 200.</summary>
    private sealed class Resampler
    {
        private readonly double[] _sorted;
        private readonly int[][] _ranks;
        private readonly int[] _drawn;

        public Resampler(IReadOnlyList<IReadOnlyList<double>> runs)
        {
            _sorted = [.. runs.SelectMany(samples => samples).Order()];
            _drawn = new int[_sorted.Length];

            // Equal values may share a rank: which of them is drawn does not matter.
            _ranks = [.. runs.Select(samples => samples.Select(value => Array.BinarySearch(_sorted, value)).ToArray())];
        }

        public double Draw(double percentile, Random random)
        {
            Array.Clear(_drawn);
            var total = 0;
            for (var run = 0; run < _ranks.Length; run++)
            {
                var ranks = _ranks[_ranks.Length == 1 ? 0 : random.Next(_ranks.Length)];
                DrawBlocks(ranks, random);
                total += ranks.Length;
            }

            var wanted = Math.Clamp((int)((percentile / 100 * total) + 0.5), 1, total);
            var index = -1;
            for (var seen = 0; seen < wanted;)
            {
                seen += _drawn[++index];
            }

            return _sorted[index];
        }

        private void DrawBlocks(int[] ranks, Random random)
        {
            // n^(1/3) is the rate at which the best length of a block grows (Hall, Horowitz and Jing, Biometrika 82, 1995).
            var length = Math.Max(1, (int)Math.Round(Math.Cbrt(ranks.Length)));
            for (var have = 0; have < ranks.Length; have += length)
            {
                // In a circle, so that the first and the last are drawn as often as the others.
                var at = random.Next(ranks.Length);
                for (var left = Math.Min(length, ranks.Length - have); left > 0; left--)
                {
                    _drawn[ranks[at]]++;
                    at = at + 1 == ranks.Length ? 0 : at + 1;
                }
            }
        }
    }
}
