using CsCheck;
using PodPool.Manager.Kubernetes.Resources;

namespace PodPool.Manager.Tests.Kubernetes.Resources;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData("90s", 90_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("250ms", 250)]
    [InlineData("1.5s", 1_500)]
    [InlineData("1m0.25s", 60_250)]
    [InlineData("1s1h", 3_601_000)]
    [InlineData("1000us", 1)]
    [InlineData("1000µs", 1)]
    [InlineData("1000000ns", 1)]
    [InlineData("0s", 0)]
    public void A_duration_is_read(string text, double milliseconds) => Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), DurationText.Parse(text, "spec.timeout"));

    [Theory]
    [InlineData("90", "no duration")]
    [InlineData("", "no duration")]
    [InlineData(null, "no duration")]
    [InlineData("-1s", "no duration")]
    [InlineData("1d", "no duration")]
    [InlineData("9999999999h", "too long")]
    [InlineData("99999999999999999999999999999999h", "too long")]
    public void What_is_none_is_refused_with_the_field_the_text_and_an_example(string? text, string says)
    {
        var refused = Assert.Throws<FormatException>(() => DurationText.Parse(text, "spec.timeout"));
        Assert.StartsWith($"spec.timeout is '{text}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Contains("1h30m", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_duration_out_of_bounds_is_refused_with_the_bounds()
    {
        var refused = Assert.Throws<FormatException>(() => DurationText.Parse("25h", "spec.timeout", TimeSpan.Zero, TimeSpan.FromDays(1)));
        Assert.Equal("spec.timeout is '25h'; 0s to 24h are allowed", refused.Message);
        Assert.Equal(TimeSpan.FromDays(1), DurationText.Parse("24h", "spec.timeout", TimeSpan.Zero, TimeSpan.FromDays(1)));
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(90_000, "90s")]
    [InlineData(300_000, "5m")]
    [InlineData(7_200_000, "2h")]
    [InlineData(250, "250ms")]
    [InlineData(1_500.25, "1500.25ms")]
    public void A_duration_is_written_in_the_largest_whole_unit(double milliseconds, string text) => Assert.Equal(text, DurationText.Format(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void What_is_written_is_read_again() =>
        Gen.Long[0, TimeSpan.MaxValue.Ticks].Sample(ticks => DurationText.Parse(DurationText.Format(TimeSpan.FromTicks(ticks)), "field").Ticks == ticks);

    [Fact]
    public void A_phase_is_written_in_milliseconds() => Assert.Equal("1.234ms", DurationText.Milliseconds(TimeSpan.FromMicroseconds(1234)));
}
