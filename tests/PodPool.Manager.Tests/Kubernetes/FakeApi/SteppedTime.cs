namespace PodPool.Manager.Tests.Kubernetes.FakeApi;

/// <summary>A fake clock beside real sockets.</summary>
internal static class SteppedTime
{
    /// <summary>Lets the clock run in steps, as fast as what hangs on it keeps up, until something is so.</summary>
    public static async Task AdvanceUntilAsync(this ConcurrentClock time, Func<bool> isSo, TimeSpan step)
    {
        for (var steps = 0; !isSo(); steps++)
        {
            Assert.True(steps < 5_000, "did not come about");
            time.Advance(step);
            for (var looks = 0; looks < 5 && !isSo(); looks++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }
}
