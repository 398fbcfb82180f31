using CsCheck;
using PodPool.Cli.Bench.Statistics;

namespace PodPool.Cli.Tests.Bench.Statistics;

public sealed class TestsOfDifference
{
    private static readonly Gen<double[]> Latencies = Gen.Double[0.1, 1000].Array[1, 60];

    [Fact]
    public void It_does_not_matter_which_sample_comes_first()
        => Gen.Select(Latencies, Latencies).Sample((one, other) => Assert.Equal(MannWhitney.PValue(one, other), MannWhitney.PValue(other, one), 1e-9));

    [Fact]
    public void Ranks_alone_count()
        => Gen.Select(Latencies, Latencies).Sample((one, other) => Assert.Equal(
            MannWhitney.PValue(one, other),
            MannWhitney.PValue([.. one.Select(value => Math.Log(value) * 7)], [.. other.Select(value => Math.Log(value) * 7)]),
            1e-6));

    [Fact]
    public void Samples_that_are_equal_do_not_differ()
    {
        Assert.Equal(1, MannWhitney.PValue([5, 5, 5], [5, 5]));
        Assert.Equal(1, MannWhitney.PValue([], [5]));
    }

    [Fact]
    public void The_textbook_has_the_same_answer()
    {
        // U = 0 of 10 × 10, no ties: z = (50 - 0.5) / √175 = 3.742, p = 0.000183.
        double[] one = [.. Enumerable.Range(1, 10)], other = [.. Enumerable.Range(11, 10)];

        Assert.Equal(0.000183, MannWhitney.PValue(one, other), 0.000001);
    }

    [Fact]
    public void Where_nothing_differs_it_says_so_as_often_as_is_asked_for()
    {
        var random = new Random(2);
        double[] Draw() => [.. Enumerable.Range(0, 50).Select(_ => Math.Round(-Math.Log(1 - random.NextDouble()), 2))];

        var alarms = Enumerable.Range(0, 2000).Count(_ => MannWhitney.PValue(Draw(), Draw()) <= 0.05);

        Assert.InRange(alarms, 60, 140);
    }

    [Theory]
    [InlineData(1, 4, 3, 4, 17 / 70.0)]
    [InlineData(0, 4, 4, 4, 1 / 70.0)]
    [InlineData(0, 200, 0, 200, 1)]
    public void Fishers_lady_is_believed_as_much_as_he_did(int before, int beforeOf, int after, int afterOf, double pValue)
        => Assert.Equal(pValue, FisherExact.More(before, beforeOf, after, afterOf), 1e-9);
}
