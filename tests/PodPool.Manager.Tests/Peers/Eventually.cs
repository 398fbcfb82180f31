namespace PodPool.Manager.Tests.Peers;

/// <summary>For what comes about beside everything else, and is announced to nobody.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    /// <summary>Returns when it is so; throws when it is not in time.</summary>
    public static async Task IsSoAsync(Func<bool> isSo)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ManagerUnderTest.Test);
        patience.CancelAfter(Patience);
        using var timer = new PeriodicTimer(LookEvery, TimeProvider.System);
        while (!isSo())
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }
}
