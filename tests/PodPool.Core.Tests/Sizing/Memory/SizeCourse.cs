namespace PodPool.Core.Tests.Sizing.Memory;

/// <summary>An automatic size that is told of claims and refills second by second, without a pool around it; some claims miss as often as it was asked for.</summary>
internal sealed class SizeCourse
{
    public static readonly PoolSpec Spec = new() { Name = "default", Warm = 5, Auto = new SizeAuto(0.01), RefillPerSecond = 1000, RefillBurst = 1000 };

    private readonly WallClock _wall;
    private readonly Clock _clock;
    private long _claims;
    private long _misses;

    /// <param name="wall">What time it is.</param>
    /// <param name="memory">What it goes on from; null: it begins with nothing known.</param>
    public SizeCourse(WallClock wall, SizingMemory? memory = null)
    {
        (_wall, _clock) = (wall, new Clock(wall));
        Size = new AutoSize(_clock, memory?.Warm ?? Spec.Warm, 0, 0, memory);
    }

    public AutoSize Size { get; }

    /// <summary>What came in a second that is over.</summary>
    public void Second(Came came)
    {
        _clock.Look();
        _claims += came.Claims;
        _misses += came.Misses;
        foreach (var seconds in came.Refills)
        {
            Size.Refilled(TimeSpan.FromSeconds(seconds), TimeSpan.FromHours(1));
        }

        Size.Look(_clock, Spec, _claims, _misses);
    }

    /// <summary>The same as text and back.</summary>
    public SizingMemory Memory()
    {
        var text = SizingMemoryText.Write(Size.Learnt);
        Assert.Null(SizingMemoryText.Read(text, out var memory));
        Assert.Null(SizingMemoryRules.ProblemOf(memory!, _wall.GetUtcNow()));
        return memory!;
    }
}

/// <summary>What came in a second.</summary>
internal readonly record struct Came(int Claims, int Misses, IReadOnlyList<double> Refills);
