using CsCheck;

namespace PodPool.Core.Tests;

public sealed class PrefetchPlanTests
{
    private const long Unit = PrefetchPlan.SmallestPackage;

    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_lately_wanted_come_first() => Assert.Equal(["c", "b"], Choose(10, ("a", 5, 1), ("b", 5, 2), ("c", 5, 3)));

    [Fact]
    public void What_does_not_fit_leaves_its_room_to_smaller_ones() => Assert.Equal(["a", "c"], Choose(10, ("a", 8, 3), ("b", 5, 2), ("c", 2, 1)));

    [Fact]
    public void Functions_of_one_package_count_once() => Assert.Equal(["a", "b"], Choose(10, ("a", 6, 1), ("b", 4, 2), ("a", 6, 3)));

    [Fact]
    public void Small_packages_come_with_the_claim()
        => Assert.Equal(["b"], PrefetchPlan.Choose([new("a", PrefetchPlan.SmallestPackage - 1, Start), new("b", PrefetchPlan.SmallestPackage, Start)], long.MaxValue));

    [Fact]
    public void Without_a_budget_nothing_is_held() => Assert.Empty(Choose(0, ("a", 1, 1)));

    [Fact]
    public void Never_more_than_the_budget_and_nothing_that_would_still_fit_is_left_out()
    {
        var candidate = Gen.Select(Gen.Int[0, 9], Gen.Long[0, 40], Gen.Int[0, 5]);
        Gen.Select(candidate.Array[0, 12], Gen.Long[0, 60]).Sample((drawn, budget) =>
        {
            // One package has one size.
            var candidates = drawn.Select(one => new PrefetchCandidate($"p{one.Item1}", Unit * one.Item1 * 7, Start.AddSeconds(one.Item3))).ToArray();
            var chosen = PrefetchPlan.Choose(candidates, Unit * budget);
            var left = (Unit * budget) - chosen.Sum(digest => candidates.First(one => one.PackageDigest == digest).Bytes);
            Assert.Equal(chosen.Distinct(), chosen);
            Assert.True(left >= 0);
            Assert.All(candidates.Where(one => one.Bytes > 0 && !chosen.Contains(one.PackageDigest)), one => Assert.True(one.Bytes > left));
        });
    }

    private static IReadOnlyList<string> Choose(long budget, params (string Digest, long Bytes, int WantedAt)[] candidates)
        => PrefetchPlan.Choose(candidates.Select(one => new PrefetchCandidate(one.Digest, Unit * one.Bytes, Start.AddSeconds(one.WantedAt))), Unit * budget);
}
