using PodPool.Cli.Bench;
using PodPool.Cli.Bench.Plans;

namespace PodPool.Cli.Tests.Bench.Plans;

public sealed class PlanAssertionTests
{
    [Theory]
    [InlineData("quiet.p50 <= 5.5", 5.0, true)]
    [InlineData("quiet.p50 <= 4.5", 5.0, false)]
    [InlineData("quiet.p999 >= 10", 10.0, true)]
    [InlineData("quiet.n >= 10", 10.0, true)]
    [InlineData("quiet.errors <= 0", 1.0, false)]
    [InlineData("quiet.misses <= 0.1", 0.2, false)]
    [InlineData("quiet.warm <= 0.1", 0.0, true)]
    [InlineData("loud.p50 / quiet.p50 <= 1.5", 2.0, false)]
    [InlineData("loud.p50/quiet.p50<=2.5", 2.0, true)]
    [InlineData("nobody.p50 <= 1", null, false)]
    public void It_is_checked_against_what_was_measured(string text, double? value, bool holds)
    {
        var result = PlanAssertion.Parse(text)!.Check("s", [Run("quiet", 1), Run("loud", 2)]);

        Assert.Equal((value, holds), (result.Value, result.Holds));
    }

    [Fact]
    public void A_ratio_of_percentiles_says_how_sure_it_is()
    {
        var result = PlanAssertion.Parse("loud.p50 / quiet.p50 <= 1.5")!.Check("s", [Run("quiet", 1), Run("loud", 2)]);

        Assert.InRange(2, result.Low!.Value, result.High!.Value);
    }

    [Fact]
    public void Drift_is_the_last_quarter_in_proportion_to_the_first()
    {
        var recorder = new RunRecorder("s", "load");
        for (var index = 0; index < 400; index++)
        {
            recorder.Add(new(TimeSpan.FromMilliseconds(index < 200 ? 10 : 30), "warm", new Dictionary<string, double>()), TimeSpan.FromSeconds(index));
        }

        Assert.Equal(3, PlanAssertion.Parse("load.drift <= 1.5")!.Check("s", [recorder.Result()]).Value);
    }

    /// <summary>1 to 10 ms times a factor; two of them misses, and an error.</summary>
    private static BenchRun Run(string mode, double factor)
    {
        var recorder = new RunRecorder("s", mode);
        for (var index = 1; index <= 10; index++)
        {
            recorder.Add(new(TimeSpan.FromMilliseconds(index * factor), index > 8 ? "miss" : "pooled", new Dictionary<string, double>()));
        }

        recorder.Add(new(TimeSpan.Zero, "", new Dictionary<string, double>(), "503"));
        return recorder.Result();
    }
}
