using PodPool.Cli.Functions;

namespace PodPool.Cli.Tests.Functions;

public sealed class ReadableLogLineTests
{
    [Fact]
    public void A_structured_line_is_shown_by_time_level_and_message()
        => Assert.Equal(
            "22:26:22.944 warn  low on books",
            ReadableLogLine.Of("""{"timestamp":"2026-11-23T22:26:22.9441105Z","level":"Warning","category":"Shop","message":"low on books","values":{"Left":2}}"""));

    [Fact]
    public void An_exception_follows_whole()
        => Assert.Equal(
            $"22:26:22.000 error it threw{Environment.NewLine}System.Exception: no{Environment.NewLine}   at Shop.Sell()",
            ReadableLogLine.Of($$"""{"timestamp":"2026-11-23T22:26:22Z","level":"Error","message":"it threw","exception":"System.Exception: no{{Environment.NewLine.Replace("\n", "\\n", StringComparison.Ordinal)}}   at Shop.Sell()"}"""));

    [Theory]
    [InlineData("hello from Console.WriteLine")]
    [InlineData("{not json")]
    [InlineData("""{"message":"no time"}""")]
    [InlineData("""{"timestamp":"soon","message":"no time"}""")]
    [InlineData("")]
    public void What_a_function_wrote_in_its_own_form_is_left_alone(string line) => Assert.Equal(line, ReadableLogLine.Of(line));
}
