using System.Security.Cryptography;
using CsCheck;

namespace PodPool.Core.Tests.Sizing.Memory;

/// <summary>What is given to a pool comes from outside: it is taken whole or not at all, and with a reason.</summary>
public sealed class HostileMemoryTests
{
    private static readonly double[] Wild = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, -1, -1e-30, 0, 1e-44, 1, 1e4, 6e4, 1e9, 1e30, 3e38, double.MaxValue];

    private static readonly DateTimeOffset Now = WallClock.Begin;

    private static readonly SizingMemory Good = Busy();

    public static TheoryData<string, string> Texts => new()
    {
        { "", "version" },
        { "v2" + Text[2..], "version" },
        { Text[3..], "version" },
        { "v1.", "damaged" },
        { Text[..^4], "damaged" },
        { Text + "AAAA", "damaged" },
        { Text.Replace(Text[2000], Text[2000] == 'A' ? 'B' : 'A'), "damaged" },
        { "v1." + new string('!', Text.Length - 3), "damaged" },
        { "v1." + new string('A', 1 << 20), "damaged" },
        { Of(Good with { At = Now + TimeSpan.FromHours(1) }), "yet to come" },
        { Of(Good with { Warm = -1 }), "size" },
        { Of(Good with { Warm = 1_000_000 }), "size" },
        { Of(Good with { Aim = 0.1 }), "aim" },
        { Of(Good with { Aim = double.NaN }), "aim" },
        { Of(Good with { Misses = -1 }), "misses" },
        { Of(Good with { Claims = double.PositiveInfinity }), "misses" },
        { Of(Good with { Refills = Good.Refills with { Measured = -1 } }), "refill" },
        { Of(Good with { Refills = Good.Refills with { Weights = new double[RefillTimes.Buckets], Seconds = new double[RefillTimes.Buckets] } }), "refill" },
        { Of(Good with { Refills = Good.Refills with { Seconds = With(Good.Refills.Seconds, 30, 1e6) } }), "refill" },
        { Of(Good with { Refills = Good.Refills with { Weights = With(Good.Refills.Weights, 30, double.NaN) } }), "refill" },
        { Of(Good with { Rate = Good.Rate with { Claims = With(Good.Rate.Claims, 0, -1) } }), "rate" },
        { Of(Good with { Rate = Good.Rate with { Seconds = With(Good.Rate.Seconds, 0, 1e6) } }), "rate" },
        { Of(Good with { Burstiness = Good.Burstiness with { Squares = With(Good.Burstiness.Squares, 9, 1e30) } }), "burstiness" },
        { Of(Good with { Pattern = Good.Pattern with { Rates = With(Good.Pattern.Rates, 700, double.NaN) } }), "pattern" },
        { Of(Good with { Pattern = Good.Pattern with { SlotClaims = 1e9 } }), "pattern" },
    };

    private static string Text => Of(Good);

    [Theory]
    [MemberData(nameof(Texts), DisableDiscoveryEnumeration = true)]
    public void What_cannot_be_is_not_taken_and_the_pool_begins_as_if_there_were_none(string text, string reason)
    {
        var t = new PoolUnderTest(SizeCourse.Spec with { Warm = 3 });
        t.Time.SetUtcNow(Now);
        Assert.Contains(reason, t.Pool.Learn(text), StringComparison.Ordinal);
        Assert.Null(t.Pool.Learnt);
        t.Pool.Reconcile([]);
        Assert.Equal((3, 0), (t.Pool.Status.Size!.Warm, t.Pool.Status.Size.Forecast!.RefillsMeasured));
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        Assert.NotNull(SizingMemoryRules.ProblemOf(Good with { Rate = new([1], [1]) }, Now));
        Assert.NotNull(SizingMemoryRules.ProblemOf(Good with { Burstiness = new([], []) }, Now));
        Assert.NotNull(SizingMemoryRules.ProblemOf(Good with { Refills = new([1], [1], 1) }, Now));
        Assert.NotNull(SizingMemoryRules.ProblemOf(Good with { Pattern = Good.Pattern with { Seen = [1] } }, Now));
        Assert.NotNull(SizingMemoryRules.ProblemOf(Good with { Pattern = Good.Pattern with { Seen = [.. Good.Pattern.Seen.Select(_ => -1)] } }, Now));
    }

    [Fact]
    public void Any_bytes_with_a_right_checksum_are_refused_or_make_a_size_within_the_limits() =>
        Gen.Byte.Array[3048].Sample(bytes => Hold("v1." + Convert.ToBase64String([.. bytes, .. SHA256.HashData(bytes)[..8]])), iter: 200);

    [Fact]
    public void Wild_numbers_are_refused_or_make_a_size_within_the_limits() =>
        Gen.Select(Gen.Int[0, 12], Gen.Int[0, 1000], Gen.Int[0, Wild.Length - 1], Gen.Int[0, 12], Gen.Int[0, 1000], Gen.Int[0, Wild.Length - 1]).Sample((part, at, value, part2, at2, value2) =>
            Hold(Of(Changed(Changed(Good, part, at, value), part2, at2, value2))), iter: 500);

    private static void Hold(string text)
    {
        var t = new PoolUnderTest(SizeCourse.Spec with { Auto = new SizeAuto(0.01) { Min = 2, Max = 50 } });
        t.Time.SetUtcNow(Now);
        var refused = t.Pool.Learn(text) is not null;
        t.Pool.Reconcile([]);
        var hello = t.Set(PoolUnderTest.Function());
        for (var i = 0; i < 20; i++)
        {
            t.Acquire(hello);
            t.PassSeconds(1);
            var size = t.Pool.Status.Size!;
            Assert.InRange(size.Warm, 2, 50);
            Assert.True(size.Forecast!.Needed >= 0);
            Assert.True(double.IsFinite(size.Forecast.Demand + size.Forecast.Expected + size.Forecast.Burstiness + size.Forecast.PredictedMissProbability));
            Assert.NotEmpty(size.Why);
        }

        Assert.True(refused || t.Pool.Learnt is not null);
    }

    private static SizingMemory Changed(SizingMemory memory, int part, int at, int wild) => Changed(memory, part, at, Wild[wild]);

    private static SizingMemory Changed(SizingMemory memory, int part, int at, double value) => part switch
    {
        0 => memory with { Aim = value },
        1 => memory with { Claims = value },
        2 => memory with { Misses = value },
        3 => memory with { Refills = memory.Refills with { Weights = With(memory.Refills.Weights, at, value) } },
        4 => memory with { Refills = memory.Refills with { Seconds = With(memory.Refills.Seconds, at, value) } },
        5 => memory with { Rate = memory.Rate with { Claims = With(memory.Rate.Claims, at, value) } },
        6 => memory with { Rate = memory.Rate with { Seconds = With(memory.Rate.Seconds, at, value) } },
        7 => memory with { Burstiness = memory.Burstiness with { Squares = With(memory.Burstiness.Squares, at, value) } },
        8 => memory with { Burstiness = memory.Burstiness with { Claims = With(memory.Burstiness.Claims, at, value) } },
        9 => memory with { Pattern = memory.Pattern with { Rates = With(memory.Pattern.Rates, at, value) } },
        10 => memory with { Pattern = memory.Pattern with { SlotClaims = value, SlotSeconds = at } },
        11 => memory with { Pattern = memory.Pattern with { LevelClaims = value } },
        _ => memory with { Pattern = memory.Pattern with { LevelExpected = value } },
    };

    private static double[] With(double[] values, int at, double value)
    {
        double[] changed = [.. values];
        changed[at % changed.Length] = value;
        return changed;
    }

    private static string Of(SizingMemory memory) => SizingMemoryText.Write(memory);

    private static SizingMemory Busy()
    {
        var wall = new WallClock();
        var course = new SizeCourse(wall);
        for (var i = 0; i < 4000; i++)
        {
            wall.MoveTo(wall.GetTimestamp() + TimeSpan.TicksPerSecond);
            course.Second(new(i % 3, i % 100 == 0 ? 1 : 0, [2 + i % 5]));
        }

        return course.Size.Learnt with { At = Now };
    }
}
