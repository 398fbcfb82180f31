using System.Threading.Channels;

namespace PodPool.DaprStandIn.Tests.Worlds;

/// <summary>What arrived somewhere, for those who wait for it.</summary>
internal sealed class Mailbox<T>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Channel<T> _arrived = Channel.CreateUnbounded<T>();

    public void Put(T item) => _arrived.Writer.TryWrite(item);

    /// <summary>The next that arrives.</summary>
    public Task<T> TakeAsync() => _arrived.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience);

    public bool IsEmpty => _arrived.Reader.Count == 0;
}
