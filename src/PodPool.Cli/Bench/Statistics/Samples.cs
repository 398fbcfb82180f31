namespace PodPool.Cli.Bench.Statistics;

/// <summary>
/// Keeps what was measured, in the order in which it was due: all of it up to a number, and beyond that a sample in which each has the same chance to be
/// (algorithm R; Vitter, Random sampling with a reservoir, ACM TOMS 11, 1985), so that a soak of days holds no more than a minute.
/// </summary>
internal sealed class Samples(int capacity = Samples.DefaultCapacity)
{
    /// <summary>Enough for p99.9, and 200 KB in a report.</summary>
    public const int DefaultCapacity = 20_000;

    private readonly List<(TimeSpan At, double Ms, string Start)> _kept = [];
    private readonly Random _random = new(1985);
    private long _seen;

    /// <param name="at">When it was due, after the begin.</param>
    /// <param name="milliseconds">How long it took.</param>
    /// <param name="start">How it found its instance; empty: nobody said.</param>
    public void Add(TimeSpan at, double milliseconds, string start)
    {
        _seen++;
        if (_kept.Count < capacity)
        {
            _kept.Add((at, milliseconds, start));
        }
        else if (_random.NextInt64(_seen) is var index && index < capacity)
        {
            _kept[(int)index] = (at, milliseconds, start);
        }
    }

    public IReadOnlyList<(TimeSpan At, double Ms, string Start)> InOrder() => [.. _kept.OrderBy(sample => sample.At)];
}
