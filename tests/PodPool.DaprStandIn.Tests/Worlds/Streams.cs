using StackExchange.Redis;

namespace PodPool.DaprStandIn.Tests.Worlds;

/// <summary>Topics, as Redis has them.</summary>
internal static class Streams
{
    /// <summary>Waits until all that an application was given of a topic is acknowledged.</summary>
    public static async Task NothingPendingAsync(this IDatabase redis, string topic, string appId)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while ((await redis.StreamPendingAsync(topic, appId)).PendingMessageCount > 0)
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
