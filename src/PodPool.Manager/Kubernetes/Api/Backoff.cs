namespace PodPool.Manager.Kubernetes.Api;

/// <summary>How long to wait after failures: twice as long each time, up to a limit, and not all at the same moment.</summary>
/// <param name="First">After one failure.</param>
/// <param name="Longest">Never more than this.</param>
internal sealed record Backoff(TimeSpan First, TimeSpan Longest)
{
    /// <summary>Between half of what is due and all of it, by chance.</summary>
    /// <param name="failures">In a row, 1 or more.</param>
    public TimeSpan After(int failures) => Nominal(failures) * (0.5 + (Random.Shared.NextDouble() / 2));

    private TimeSpan Nominal(int failures)
    {
        var doublings = Math.Min(failures - 1, 30);
        var ticks = First.Ticks * (double)(1L << doublings);
        return ticks >= Longest.Ticks ? Longest : TimeSpan.FromTicks((long)ticks);
    }
}
