using CsCheck;

namespace PodPool.Core.Tests.Sizing.Memory;

/// <summary>Each part of what is learnt goes on from its memory as if nothing had been between.</summary>
public sealed class LearntPartsTests
{
    private static readonly Gen<List<(int Claims, double Seconds)>> Counts = Gen.Select(Gen.Int[0, 30], Gen.Double[0.2, 3]).List[1, 300];

    [Fact]
    public void A_rate_goes_on() => Gen.Select(Counts, Counts).Sample((before, after) =>
    {
        var went = new ClaimRate();
        before.ForEach(count => went.Count(count.Claims, count.Seconds, 2));
        var goesOn = new ClaimRate(went.Learnt, gap: 0, burstiness: 2);
        Assert.Equal((went.PerSecond, went.Window), (goesOn.PerSecond, goesOn.Window));
        foreach (var (claims, seconds) in after)
        {
            went.Count(claims, seconds, 2);
            goesOn.Count(claims, seconds, 2);
            Assert.Equal((went.PerSecond, went.Window), (goesOn.PerSecond, goesOn.Window));
        }
    });

    [Fact]
    public void A_gap_makes_a_rate_uncertain_and_never_small() => Gen.Select(Gen.Int[0, 50], Gen.Double[0, 7 * 86400.0]).Sample((perSecond, gap) =>
    {
        var rate = new ClaimRate();
        for (var i = 0; i < 7200; i++)
        {
            rate.Count(perSecond, 1, 1);
        }

        var later = new ClaimRate(rate.Learnt, gap, burstiness: 1);
        Assert.InRange(later.PerSecond, perSecond, perSecond + 0.03);
        Assert.InRange(later.Window, 19, rate.Window + 1e-6);
        for (var i = 0; i < 60; i++)
        {
            later.Count(perSecond, 1, 1);
            Assert.InRange(later.PerSecond, perSecond * 0.999, perSecond * 1.001 + 0.03);
        }
    });

    [Fact]
    public void What_comes_after_a_gap_is_soon_believed()
    {
        var rate = new ClaimRate();
        for (var i = 0; i < 7200; i++)
        {
            rate.Count(20, 1, 1);
        }

        var later = new ClaimRate(rate.Learnt, gap: 6 * 3600, burstiness: 1);
        for (var i = 0; i < 30; i++)
        {
            later.Count(0, 1, 1);
        }

        Assert.InRange(later.PerSecond, 0, 2);
    }

    [Fact]
    public void Burstiness_is_the_same() => Counts.Sample(counts =>
    {
        var went = new ClaimBurstiness();
        counts.ForEach(count => went.Count(count.Claims, 10));
        var goesOn = new ClaimBurstiness(went.Learnt);
        for (var seconds = 1; seconds <= 1024; seconds *= 2)
        {
            Assert.Equal(went.Over(seconds), goesOn.Over(seconds));
        }
    });

    [Fact]
    public void A_pattern_goes_on_through_the_slot_in_which_it_was_taken_over() => Gen.Select(Gen.Int[1, 2000], Gen.Int).Sample((parts, seed) =>
    {
        // Half a slot at a time, so that it is cut within a slot as often as not.
        const double Part = 450;
        var random = new Random(seed);
        var (went, at) = (new ClaimPattern(), WallClock.Begin);
        void Count(ClaimPattern pattern, double claims) => pattern.Count(at, claims, Part);
        for (var i = 0; i < parts; i++, at += TimeSpan.FromSeconds(Part))
        {
            Count(went, random.Next(1000));
        }

        var goesOn = new ClaimPattern(went.Learnt, at - TimeSpan.FromSeconds(Part), gap: 0);
        for (var i = 0; i < 300; i++, at += TimeSpan.FromSeconds(Part))
        {
            var claims = random.Next(1000);
            Count(went, claims);
            Count(goesOn, claims);
        }

        for (var slot = 0; slot < 7 * 96; slot++)
        {
            var time = at + ClaimPattern.Slot * slot;
            Assert.Equal(went.At(time), goesOn.At(time));
        }
    }, iter: 50);

    [Fact]
    public void A_slot_that_was_hardly_seen_is_not_learnt()
    {
        var pattern = new ClaimPattern();
        pattern.Count(WallClock.Begin, 100, 60);
        var next = new ClaimPattern(pattern.Learnt, WallClock.Begin, gap: 86400);
        next.Count(WallClock.Begin.AddDays(1), 100, 60);
        Assert.All(next.Learnt.Seen, seen => Assert.Equal(0, seen));
    }

    [Fact]
    public void Refill_times_are_the_same() => Gen.Double[0.001, 4000].List[0, 2000].Sample(times =>
    {
        var went = new RefillTimes();
        times.ForEach(seconds => went.Add(TimeSpan.FromSeconds(seconds)));
        var goesOn = new RefillTimes(went.Learnt);
        Assert.Equal(Told(went), Told(goesOn));
        went.Add(TimeSpan.FromSeconds(3));
        goesOn.Add(TimeSpan.FromSeconds(3));
        Assert.Equal(Told(went), Told(goesOn));
        static (double, double, double, double, long) Told(RefillTimes refills) => (refills.Mean, refills.Overlap, refills.Variation, refills.Quantile(0.99), refills.Measured);
    }, iter: 50);

    [Fact]
    public void An_aim_is_the_same()
    {
        var went = new MissAim();
        went.After(100, 20, 0.01);
        var goesOn = new MissAim(went.Learnt);
        Assert.Equal(went.After(100, 0, 0.01), goesOn.After(100, 0, 0.01));
        Assert.InRange(goesOn.Learnt, MissAim.Strictest, -0.1);
    }
}
