using CsCheck;
using PodPool.Router.Holding;

namespace PodPool.Router.Tests.Holding;

public sealed class LoadMeterTests
{
    [Fact]
    public void Two_counts_in_one_word_do_not_disturb_each_other()
        => Gen.Bool.List[0, 200].Sample(steps =>
        {
            var meter = new LoadMeter();
            var (forwarded, inFlight) = (0L, 0);
            foreach (var begins in steps)
            {
                if (begins)
                {
                    meter.Began();
                    (forwarded, inFlight) = (forwarded + 1, inFlight + 1);
                }
                else if (inFlight > 0)
                {
                    meter.Ended();
                    inFlight--;
                }

                Assert.Equal((forwarded, inFlight), (meter.Forwarded, meter.InFlight));
            }
        });

    [Fact]
    public void They_are_exact_when_many_threads_count()
    {
        var meter = new LoadMeter();

        Parallel.For(0, 10_000, i =>
        {
            meter.Began();
            if (i % 10 != 0)
            {
                meter.Ended();
            }
        });

        Assert.Equal((10_000, 1_000), (meter.Forwarded, meter.InFlight));
    }
}
