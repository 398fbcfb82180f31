using Microsoft.Extensions.Caching.Memory;

namespace PodPool.DaprProxy.Inbound;

/// <summary>
/// Which functions have done with an event that another of its subscribers has not: when it comes again, it is for that one alone. Forgotten with the
/// door, after a while, and beyond a bound: then it is delivered twice, which at-least-once allows.
/// </summary>
/// <remarks>Forgotten too as soon as all have done with it: what has the same id then was published again, and is not for us to hold back.</remarks>
internal sealed class HandledEvents : IDisposable
{
    private const int Remembered = 100_000;

    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private readonly MemoryCache _handled = new(new MemoryCacheOptions { SizeLimit = Remembered });

    public bool Contains(Topic topic, TopicEvent topicEvent, string function) => _handled.TryGetValue((topic, topicEvent.Identity, function), out _);

    public void Add(Topic topic, TopicEvent topicEvent, string function)
        => _handled.Set((topic, topicEvent.Identity, function), true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Memory });

    /// <summary>All have done with it.</summary>
    public void Forget(Topic topic, TopicEvent topicEvent, string function) => _handled.Remove((topic, topicEvent.Identity, function));

    public void Dispose() => _handled.Dispose();
}
