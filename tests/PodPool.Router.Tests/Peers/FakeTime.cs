using Microsoft.Extensions.Time.Testing;

namespace PodPool.Router.Tests.Peers;

internal static class FakeTime
{
    /// <summary>Lets the clock run in steps, as fast as what hangs on it keeps up, until something has happened.</summary>
    public static async Task AdvanceUntilAsync(this FakeTimeProvider time, Task happened, TimeSpan step)
    {
        for (var steps = 0; !happened.IsCompleted; steps++)
        {
            Assert.True(steps < 10_000, "did not happen");
            time.Advance(step);
            await Task.WhenAny(happened, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, TestContext.Current.CancellationToken));
        }
    }
}
