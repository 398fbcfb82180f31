using System.Collections.Concurrent;
using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Client.Autogen.Grpc.v1;
using Grpc.Core;
using PodPool.DaprStandIn.Apps;
using PodPool.DaprStandIn.PubSub;

namespace PodPool.DaprStandIn.Grpc;

/// <summary>Takes events to a subscriber through its stream.</summary>
internal sealed class StreamPostman(IServerStreamWriter<SubscribeTopicEventsResponseAlpha1> events) : IPostman, IDisposable
{
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Delivery>> _asked = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ended = new();

    /// <summary>Events may go down now: the answer to the request has.</summary>
    public void Begin() => _begun.TrySetResult();

    /// <summary>The stream is at its end: nothing more is answered.</summary>
    public void End() => _ended.Cancel();

    /// <summary>The subscriber says what became of an event.</summary>
    public void Answer(SubscribeTopicEventsRequestProcessedAlpha1 processed)
    {
        if (_asked.TryGetValue(processed.Id, out var asked))
        {
            asked.TrySetResult(GrpcApp.Verdict(processed.Status?.Status ?? TopicEventResponse.Types.TopicEventResponseStatus.Success));
        }
    }

    public async Task<Delivery> DeliverAsync(TopicEvent topicEvent, CancellationToken cancellationToken)
    {
        TopicEventRequest request;
        try
        {
            request = TopicEventRequests.Of(topicEvent);
        }
        catch (FormatException exception)
        {
            return Delivery.Failed(exception.Message);
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        var asked = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _begun.Task.WaitAsync(either.Token);
            _asked[request.Id] = asked;
            await SendAsync(new() { EventMessage = request }, either.Token);
            return await asked.Task.WaitAsync(either.Token);
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException || (exception is OperationCanceledException && _ended.IsCancellationRequested))
        {
            // A stream that is gone has decided nothing: no dead letter is made of that.
            throw new DeliveryException("stream closed");
        }
        finally
        {
            _asked.TryRemove(KeyValuePair.Create(request.Id, asked));
        }
    }

    /// <remarks>A stream cannot ask for events in bulk.</remarks>
    public Task<IReadOnlyList<Delivery>> DeliverAsync(BulkEvent bulk, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async Task SendAsync(SubscribeTopicEventsResponseAlpha1 response, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await events.WriteAsync(response, CancellationToken.None);
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose()
    {
        _writing.Dispose();
        _ended.Dispose();
    }
}
