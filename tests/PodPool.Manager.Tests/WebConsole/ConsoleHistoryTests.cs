using PodPool.Contracts;
using PodPool.Core;
using PodPool.Manager.Operations;
using PodPool.Manager.Pools;
using PodPool.Manager.WebConsole.History;

namespace PodPool.Manager.Tests.WebConsole;

public sealed class ConsoleHistoryTests
{
    [Fact]
    public void Every_second_of_the_last_five_minutes_is_kept()
    {
        var history = Filled(400, second => second % 7);
        Assert.Equal(
            Enumerable.Range(100, 300).Select(second => ((long)second, second % 7)),
            history.Read().Where(sample => sample.At >= 100).Select(sample => (sample.At, sample.Levels.Warm)));
    }

    [Fact]
    public void Of_what_is_older_each_15_s_show_the_moment_with_the_fewest_warm_pods()
    {
        // One second without a warm pod, long ago.
        var history = Filled(1000, second => second == 307 ? 0 : 5 + (second % 15));
        var old = history.Read().Where(sample => sample.At < 700).ToList();
        Assert.Contains(old, sample => sample is { At: 307, Levels.Warm: 0 });
        Assert.All(old, sample => Assert.Equal(sample.At == 307 ? 0 : 5, sample.Levels.Warm));
        Assert.Equal(1, old.Count(sample => sample.At / 15 == 307 / 15));
    }

    [Fact]
    public void An_hour_is_kept_in_as_many_samples_however_long_it_goes_on()
    {
        var history = Filled(20_000, second => second % 2);
        var samples = history.Read();
        Assert.InRange(samples[0].At, 20_000 - LevelHistory.Seconds - LevelHistory.CoarseSeconds, 20_000 - LevelHistory.Seconds + LevelHistory.CoarseSeconds);
        Assert.True(samples.Count <= LevelHistory.FineSeconds + (LevelHistory.Seconds / LevelHistory.CoarseSeconds) + 1);
    }

    [Fact]
    public void Samples_that_say_the_same_are_told_once() => Assert.Single(Filled(3000, _ => 3).Read());

    [Fact]
    public void What_a_clock_that_is_put_back_leaves_in_the_future_is_forgotten()
    {
        var history = Filled(1000, second => second % 3);
        history.Add(new(500, Warm(9)));
        history.Add(new(501, Warm(8)));
        var samples = history.Read();
        Assert.Equal(samples.OrderBy(sample => sample.At), samples);
        Assert.Equal([(500, 9), (501, 8)], samples.Where(sample => sample.At >= 500).Select(sample => (sample.At, sample.Levels.Warm)));
    }

    [Fact]
    public void A_start_is_counted_in_the_bucket_that_ends_at_it_or_above()
    {
        var histogram = new StartHistogram([0.001, 0.01]);
        foreach (var seconds in (double[])[0, 0.001, 0.0011, 0.01, 0.02])
        {
            histogram.Record(PhaseNames.Load, seconds);
        }

        histogram.Record("another", 1);
        var counts = histogram.Read();
        Assert.Equal([2, 2, 1], counts[StartHistogram.Phases.ToList().IndexOf(PhaseNames.Load)]);
        Assert.Equal(5, counts.Sum(phase => phase.Sum()));
    }

    [Fact]
    public void Of_the_recent_only_what_came_after_and_is_kept_is_told()
    {
        var recent = new Recent<int>(3);
        Is([], 0, recent.After(0));
        for (var i = 1; i <= 5; i++)
        {
            recent.Add(i);
        }

        Is([3, 4, 5], 5, recent.After(0));
        Is([5], 5, recent.After(4));
        Is([3, 4], 5, recent.After(0, until: 4));
        Is([], 5, recent.After(5));

        static void Is(int[] items, long count, (IReadOnlyList<int> Items, long Count) told)
        {
            Assert.Equal(items, told.Items);
            Assert.Equal(count, told.Count);
        }
    }

    [Fact]
    public void A_miss_is_told_by_what_the_pool_lacks()
    {
        var pool = new PoolStatus(new PoolSpec { Name = "p", Warm = 2, Max = 4 }, Starting: 1, Warm: 0, Claimed: 1, Serving: 1, Draining: 0, Claims: 0, Misses: 1, Stopped: null);
        Assert.Contains("still starting", MissCause.Of(pool), StringComparison.Ordinal);
        Assert.Contains("refill had to wait", MissCause.Of(pool with { Starting = 0 }), StringComparison.Ordinal);
        Assert.Contains("as many pods as it may", MissCause.Of(pool with { Serving = 2 }), StringComparison.Ordinal);
        Assert.Contains("keeps no warm pods", MissCause.Of(pool with { Spec = pool.Spec with { Warm = 0 } }), StringComparison.Ordinal);
        Assert.Contains("still starting", MissCause.Of(pool with { Spec = pool.Spec with { Warm = 0 }, Size = new SizeDecision(3) }), StringComparison.Ordinal);
        Assert.Contains("no image", MissCause.Of(pool with { Trouble = "no image" }), StringComparison.Ordinal);
        Assert.Contains("no node", MissCause.Of(pool with { Stopped = new("no node", TimeSpan.FromSeconds(1)) }), StringComparison.Ordinal);
    }

    private static LevelHistory Filled(int seconds, Func<int, int> warm)
    {
        var history = new LevelHistory();
        for (var second = 0; second < seconds; second++)
        {
            history.Add(new(second, Warm(warm(second))));
        }

        return history;
    }

    private static Levels Warm(int warm) => new(0, warm, 0, 0, 0, 0, 0);
}
