using CsCheck;

namespace PodPool.Simulation.Tests;

public sealed class SizeSearchTests
{
    [Fact]
    public void It_finds_the_smallest_that_does_within_a_tenth_with_few_tries()
    {
        Gen.Select(Gen.Int[1, 1024], Gen.Double[0.2, 3]).Sample((enough, curve) =>
        {
            var tried = Search(size => size >= enough ? 0 : Math.Pow(1 - (size / (double)enough), curve), int.MaxValue);

            var found = tried.Where(size => size.Does).Min(size => size.Warm);
            Assert.InRange(found, enough, enough + Math.Max(0, found / 10));
            Assert.InRange(tried.Count, 3, 12);
        });
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 5)]
    [InlineData(6, 6)]
    [InlineData(12, 7)]
    [InlineData(16, 7)]
    public void A_small_size_is_found_exactly_with_few_tries(int enough, int most)
    {
        var tried = Search(size => size >= enough ? 0 : 1, int.MaxValue);

        Assert.Equal(enough, tried.Where(size => size.Does).Min(size => size.Warm));
        Assert.InRange(tried.Count, 3, most);
    }

    [Fact]
    public void What_warm_pods_do_not_mend_is_given_up_after_one_large_step()
    {
        var tried = Search(size => 0.6 + (0.02 / size), int.MaxValue);

        Assert.Equal([1, 4, 16, 64, 1024], tried.Select(size => size.Warm));
    }

    [Fact]
    public void A_burst_for_which_four_times_as_many_are_nothing_is_found_all_the_same()
    {
        var tried = Search(size => Math.Max(0, 1 - (size / 900.0)), int.MaxValue);

        Assert.InRange(tried.Where(size => size.Does).Min(size => size.Warm), 900, 990);
    }

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(3, new[] { 1, 3 })]
    [InlineData(16, new[] { 1, 4, 16 })]
    [InlineData(50, new[] { 1, 4, 16, 50 })]
    public void No_size_is_tried_that_may_not_be(int most, int[] sizes) => Assert.Equal(sizes, Search(_ => 0.5, most).Select(size => size.Warm));

    private static List<TriedSize> Search(Func<int, double> missRate, int most)
    {
        List<TriedSize> tried = [];
        while (SizeSearch.Next(tried, most) is { Count: > 0 } next)
        {
            Assert.All(next, size => Assert.DoesNotContain(tried, before => before.Warm == size));
            Assert.Equal(next.Distinct(), next);
            tried.AddRange(next.Select(size => new TriedSize(size, missRate(size) <= 0, missRate(size))));
        }

        return tried;
    }
}
