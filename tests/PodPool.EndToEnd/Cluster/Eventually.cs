namespace PodPool.EndToEnd.Cluster;

/// <summary>For what comes about in the cluster in its own time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Looks until there is nothing left to wait for.</summary>
    /// <param name="lacking">What is not yet as it should be; null: nothing.</param>
    /// <param name="seconds">How long that may take on a slow machine.</param>
    public static async Task IsSoAsync(Func<Task<string?>> lacking, int seconds = 120)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(seconds));
        using var timer = new PeriodicTimer(LookEvery, TimeProvider.System);
        string? last = "nothing was seen";
        try
        {
            while ((last = await LookAsync(lacking)) is not null)
            {
                await timer.WaitForNextTickAsync(patience.Token);
            }
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            Assert.Fail($"after {seconds} s: {last}");
        }
    }

    /// <summary>A server that is away for a while is no answer.</summary>
    private static async Task<string?> LookAsync(Func<Task<string?>> lacking)
    {
        try
        {
            return await lacking();
        }
        catch (Exception exception) when (exception is HttpRequestException or k8s.Autorest.HttpOperationException or IOException or TaskCanceledException)
        {
            return exception.Message;
        }
    }
}
