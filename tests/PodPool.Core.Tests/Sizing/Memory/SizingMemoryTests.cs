using CsCheck;

namespace PodPool.Core.Tests.Sizing.Memory;

public sealed class SizingMemoryTests
{
    /// <summary>
    /// Half a minute is what it takes another manager to lead. What is lost by then: the claims of that half minute, windows of burstiness that had begun, and
    /// what the last ten minutes asked for, so that it shrinks up to ten minutes later. After no more than ten minutes of history that is a tenth of what is known.
    /// </summary>
    [Fact]
    public void One_that_goes_on_decides_what_one_that_was_never_interrupted_does() =>
        Gen.Select(Gen.Int, Gen.Double[0.1, 5], Gen.Double[0.5, 10], Gen.Int[1, 8], Gen.Int[600, 4 * 3600], Gen.Int[0, 30]).Sample((seed, rate, refill, batch, before, gap) =>
        {
            var random = new Random(seed);
            var wall = new WallClock();
            var went = new SizeCourse(wall);
            for (var i = 0; i < before; i++)
            {
                Tell(Next(), went);
            }

            var memory = went.Memory();
            for (var i = 0; i < gap; i++)
            {
                Tell(Next(), went);
            }

            var goesOn = new SizeCourse(wall, memory);
            Assert.Equal(memory.Warm, goesOn.Size.Warm);
            var (neededBy, kept, keptBy) = ((Went: 0.0, GoesOn: 0.0), 0.0, 0.0);
            for (var i = 0; i < 3600; i++)
            {
                Tell(Next(), went, goesOn);
                neededBy = (neededBy.Went + went.Size.Needed / 3600.0, neededBy.GoesOn + goesOn.Size.Needed / 3600.0);
                (kept, keptBy) = (kept + went.Size.Warm / 3600.0, keptBy + goesOn.Size.Warm / 3600.0);
            }

            var what = $"needed {neededBy.Went:0.00}, {neededBy.GoesOn:0.00} by one that went on; kept {kept:0.00}, {keptBy:0.00}";
            Assert.True(Math.Abs(neededBy.GoesOn - neededBy.Went) <= 0.5 + 0.15 * neededBy.Went, what);

            // The hold of ten minutes, and shrinking by quarters.
            Assert.InRange(keptBy, 0.85 * kept - 1, 1.15 * kept + 1 + 0.25 * memory.Warm);

            Came Next()
            {
                var claims = 0;
                for (var chance = rate / batch; random.NextDouble() < chance; chance--)
                {
                    claims += batch;
                }

                return new(claims, random.Next(100) < claims ? 1 : 0, [.. Enumerable.Range(0, claims).Select(_ => refill * (0.5 + random.NextDouble()))]);
            }

            void Tell(Came came, params ReadOnlySpan<SizeCourse> courses)
            {
                wall.MoveTo(wall.GetTimestamp() + TimeSpan.TicksPerSecond);
                foreach (var course in courses)
                {
                    course.Second(came);
                }
            }
        }, iter: 40);

    [Fact]
    public void An_aim_and_refill_times_of_yesterday_are_still_valid_and_misses_of_yesterday_are_not()
    {
        var wall = new WallClock();
        var went = new SizeCourse(wall);
        for (var i = 0; i < 3600; i++)
        {
            wall.MoveTo(wall.GetTimestamp() + TimeSpan.TicksPerSecond);
            went.Second(new(1, i % 20 == 0 ? 1 : 0, [5]));
        }

        var memory = went.Memory();
        wall.MoveTo(wall.GetTimestamp() + TimeSpan.TicksPerDay);
        var next = new SizeCourse(wall, memory).Size;
        Assert.Equal(went.Size.Learnt.Aim, next.Learnt.Aim, 1e-5);
        Assert.Equal(went.Size.Refills.Mean, next.Refills.Mean, 1e-3);
        Assert.Equal(went.Size.Warm, next.Warm);
        Assert.InRange(went.Size.Tell(SizeCourse.Spec, 5).ActualMissRate!.Value, 0.04, 0.06);
        Assert.Null(next.Tell(SizeCourse.Spec, 5).ActualMissRate);
    }

    [Fact]
    public void A_clock_that_is_a_little_behind_the_one_before_makes_no_difference()
    {
        var wall = new WallClock();
        var learnt = new SizeCourse(wall).Size.Learnt;
        Assert.Null(SizingMemoryRules.ProblemOf(learnt with { At = wall.GetUtcNow() + TimeSpan.FromSeconds(2) }, wall.GetUtcNow()));
        Assert.Equal(0, (learnt with { At = wall.GetUtcNow() + TimeSpan.FromSeconds(2) }).GapUntil(wall.GetUtcNow()));
    }

    [Fact]
    public void A_week_is_four_kilobytes_of_text()
    {
        var text = SizingMemoryText.Write(new SizeCourse(new WallClock()).Size.Learnt);
        Assert.Equal(4079, text.Length);
        Assert.StartsWith("v1.", text, StringComparison.Ordinal);
    }
}
