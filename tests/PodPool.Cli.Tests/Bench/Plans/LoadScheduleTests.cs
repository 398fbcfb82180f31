using CsCheck;
using PodPool.Cli.Bench.Plans;

namespace PodPool.Cli.Tests.Bench.Plans;

public sealed class LoadScheduleTests
{
    private static readonly Gen<PlanArrivals> AnyArrivals = Gen.Select(
        Gen.Int[0, 2].Select(kind => (PlanArrivalKind)kind), Gen.Double[0.1, 200], Gen.Int[1, 50], Gen.Double[0.1, 5], Gen.Double[0, 2])
        .Select((kind, rate, size, every, begin) => new PlanArrivals(kind, rate, size, TimeSpan.FromSeconds(every), Begin: TimeSpan.FromSeconds(begin)));

    [Fact]
    public void Times_ascend_from_the_begin_to_the_end_of_the_stage()
        => Gen.Select(AnyArrivals, Gen.Double[2.1, 20], Gen.Int).Sample((arrivals, seconds, seed) =>
        {
            var times = LoadSchedule.Of(arrivals, TimeSpan.FromSeconds(seconds), new Random(seed)).ToArray();

            Assert.Equal(times.Order(), times);
            Assert.All(times, time => Assert.InRange(time, arrivals.Begin, TimeSpan.FromSeconds(seconds)));
        });

    [Fact]
    public void There_are_about_as_many_as_expected()
        => Gen.Select(AnyArrivals, Gen.Int).Sample((arrivals, seed) =>
        {
            var duration = TimeSpan.FromSeconds(500);
            var expected = LoadSchedule.Expected(arrivals, duration);

            // Exact but for chance, whose σ is the root, and one at an end.
            Assert.InRange(LoadSchedule.Of(arrivals, duration, new Random(seed)).Count(), expected - (6 * Math.Sqrt(expected)) - 1, expected + (6 * Math.Sqrt(expected)) + 1);
        });

    [Fact]
    public void A_single_burst_is_whole_in_a_stage_without_a_duration()
        => Assert.Equal(Enumerable.Repeat(TimeSpan.Zero, 5), LoadSchedule.Of(new(PlanArrivalKind.Burst, Size: 5), TimeSpan.Zero, new Random(0)));

    [Theory]
    [InlineData("250ms", 0.25)]
    [InlineData("30s", 30.0)]
    [InlineData("1.5m", 90.0)]
    [InlineData("2h", 7200.0)]
    [InlineData("7", 7.0)]
    [InlineData("-1s", null)]
    [InlineData("soon", null)]
    [InlineData("", null)]
    [InlineData("1000h", null)]
    public void Durations_are_read_as_people_write_them(string text, double? seconds)
        => Assert.Equal(seconds, PlanDuration.Parse(text)?.TotalSeconds);
}
