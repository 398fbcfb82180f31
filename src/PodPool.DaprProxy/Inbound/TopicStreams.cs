using System.Collections.Immutable;
using Grpc.Net.Client;
using PodPool.DaprProxy.Callers;

namespace PodPool.DaprProxy.Inbound;

/// <summary>Keeps a stream for every topic that some function wants, and follows what functions want.</summary>
internal sealed class TopicStreams(
    ICallers callers, EventDelivery delivery, GrpcChannel daprd, DoorOptions options, TimeProvider time, ILogger<TopicStream> logger) : BackgroundService
{
    private readonly Dictionary<Topic, (CancellationTokenSource Ending, Task Running)> _streams = [];
    private ImmutableDictionary<Topic, ImmutableArray<Subscriber>> _subscribers = ImmutableDictionary<Topic, ImmutableArray<Subscriber>>.Empty;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var next = callers.NextFunctionChange;
                Follow(stoppingToken);
                await next.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            foreach (var topic in _streams.Keys.ToList())
            {
                await EndAsync(topic).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Who wants what, of all functions.</summary>
    /// <remarks>A topic has one stream, however it is read: of two, each would get a part of the events.</remarks>
    internal static ImmutableDictionary<Topic, ImmutableArray<Subscriber>> SubscribersOf(IEnumerable<KnownFunction> functions)
        => functions
            .SelectMany(function => (function.Access?.Subscriptions ?? []).Select(subscription => (
                Topic: (subscription.PubSub, subscription.Topic), Subscriber: Subscriber.Of(function.Namespace, function.Name, subscription))))
            .GroupBy(pair => pair.Topic, pair => pair.Subscriber)
            .ToImmutableDictionary(group => new Topic(group.Key.PubSub, group.Key.Topic, group.Any(subscriber => subscriber.IsRaw)), group => group.ToImmutableArray());

    private void Follow(CancellationToken stoppingToken)
    {
        var wanted = SubscribersOf(callers.Functions);
        Volatile.Write(ref _subscribers, wanted);
        foreach (var topic in _streams.Keys.Except(wanted.Keys).ToList())
        {
            _ = EndAsync(topic);
        }

        foreach (var topic in wanted.Keys.Except(_streams.Keys).ToList())
        {
            var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            var stream = new TopicStream(
                topic, () => Volatile.Read(ref _subscribers).GetValueOrDefault(topic, []), delivery, daprd.CreateCallInvoker(), options.DaprdToken, time, logger);
            _streams[topic] = (ending, Task.Run(() => stream.RunAsync(ending.Token), CancellationToken.None));
        }
    }

    private async Task EndAsync(Topic topic)
    {
        _streams.Remove(topic, out var stream);
        await stream.Ending.CancelAsync().ConfigureAwait(false);
        await stream.Running.ConfigureAwait(false);
        stream.Ending.Dispose();
    }
}
