using Microsoft.Extensions.Time.Testing;
using PodPool.Manager.Pools;

namespace PodPool.Manager.Tests.WebConsole.Advice;

public sealed class ClaimTraceTests
{
    private readonly FakeTimeProvider _time = new(new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));
    private readonly ClaimTrace _trace;

    public ClaimTraceTests() => _trace = new(_time);

    [Fact]
    public void Each_pod_that_was_wanted_is_there_by_its_time()
    {
        Assert.Empty(_trace.Read().Ticks);
        PassSeconds(5);
        _trace.Add(1);
        PassSeconds(0.25);
        _trace.Add(3);
        _trace.Add(0);
        PassSeconds(60);

        var claims = _trace.Read();
        Assert.Equal([0, 250, 250, 250], claims.Ticks.Select(ticks => ticks / TimeSpan.TicksPerMillisecond));
        Assert.Equal(TimeSpan.FromSeconds(60.25), claims.Length);
        Assert.Equal(new DateTimeOffset(2026, 11, 27, 12, 0, 5, TimeSpan.Zero), claims.Begin);
    }

    [Fact]
    public void Of_more_than_are_kept_the_newest_are()
    {
        for (var i = 0; i < ClaimTrace.Capacity + 100; i++)
        {
            PassSeconds(0.001);
            _trace.Add(1);
        }

        var claims = _trace.Read();
        Assert.Equal(Enumerable.Range(0, ClaimTrace.Capacity).Select(i => i * TimeSpan.TicksPerMillisecond), claims.Ticks);
        Assert.Equal(_time.GetUtcNow(), claims.Begin + claims.Length);

        // One rush of more than there is room for.
        PassSeconds(1);
        _trace.Add(ClaimTrace.Capacity * 2);
        Assert.Equal(Enumerable.Repeat(0L, ClaimTrace.Capacity), _trace.Read().Ticks);
    }

    [Fact]
    public void What_is_older_than_a_day_is_forgotten()
    {
        for (var hour = 0; hour < 30; hour++)
        {
            _trace.Add(1);
            PassSeconds(3600);
        }

        Assert.Equal(Enumerable.Range(0, 24).Select(hour => hour * TimeSpan.TicksPerHour), _trace.Read().Ticks);
        PassSeconds(24 * 3600);
        Assert.Empty(_trace.Read().Ticks);
    }

    [Fact]
    public void A_silence_of_months_leaves_no_wrong_times()
    {
        // Longer than the milliseconds that 32 bits hold.
        _trace.Add(1);
        _time.Advance(TimeSpan.FromDays(50));
        _trace.Add(1);
        PassSeconds(2);
        _trace.Add(1);

        Assert.Equal([0, 2 * TimeSpan.TicksPerSecond], _trace.Read().Ticks);
    }

    private void PassSeconds(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
