using PodPool.Cli.Functions;

namespace PodPool.Cli.Tests.Functions;

public sealed class ServerTimingTests
{
    [Fact]
    public void Phases_are_read_in_their_order_and_what_is_none_is_left_out()
    {
        var phases = ServerTiming.Parse(["first_call;dur=3.25, queue;desc=\"held\";dur=0.4", "cache;dur=9, load; dur=1"]);

        Assert.Equal([("queue", 0.4), ("load", 1.0), ("first_call", 3.25)], phases.Select(phase => (phase.Key, phase.Value)));
    }

    [Theory]
    [InlineData("queue")]
    [InlineData("queue;dur=soon")]
    [InlineData("")]
    public void What_has_no_duration_is_no_phase(string header) => Assert.Empty(ServerTiming.Parse([header]));
}
