using CsCheck;
using PodPool.Cli.Bench;

namespace PodPool.Cli.Tests.Bench;

public sealed class ArrivalsTests
{
    [Fact]
    public void Constant_arrivals_have_equal_distances()
    {
        var times = Arrivals.Schedule(ArrivalKind.Constant, 4, rate: 2, new Random(1));

        Assert.Equal([0.5, 1.0, 1.5, 2.0], times.Select(time => time.TotalSeconds));
    }

    [Fact]
    public void Poisson_arrivals_keep_their_rate_and_are_as_irregular_as_chance()
        => Gen.Select(Gen.Int[0, 1_000_000], Gen.Double[0.1, 1000]).Sample((seed, rate) =>
        {
            var times = Arrivals.Schedule(ArrivalKind.Poisson, 20_000, rate, new Random(seed)).Select(time => time.TotalSeconds).ToArray();

            // In units of the mean distance; a timestamp has ticks of 100 ns. Mean 1 ± 6 σ/√n, and variance 1 within as much.
            var distances = times.Zip(times.Prepend(0), (later, earlier) => (later - earlier) * rate).ToArray();
            var mean = distances.Average();
            Assert.InRange(mean, 0.957, 1.043);
            Assert.InRange(distances.Average(distance => (distance - mean) * (distance - mean)), 0.8, 1.2);
            Assert.All(distances, distance => Assert.True(distance >= 0));
        }, iter: 50);
}
