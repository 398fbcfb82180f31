namespace PodPool.DaprProxy.Inbound;

/// <summary>Collects the events that a function wants in bulk, until there are enough of them or the first has waited long enough.</summary>
/// <remarks>What waits here waits at the broker too: daprd has not been answered. So there are never more than a function may be given at once.</remarks>
internal sealed class BulkDelivery(FunctionCaller functions, DoorOptions options, TimeProvider time) : IDisposable
{
    private readonly Dictionary<BatchKey, Batch> _collecting = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly Lock _gate = new();

    /// <summary>Posts an event, with others.</summary>
    /// <param name="topic">Where it was published.</param>
    /// <param name="subscriber">A function that wants it in bulk.</param>
    /// <param name="path">Where in the function.</param>
    /// <param name="topicEvent">The event.</param>
    /// <param name="cancellationToken">Whoever wanted to know is gone; an event that is not posted yet is not posted any more.</param>
    /// <returns>What the function said of this one.</returns>
    public Task<EventOutcome> PostAsync(Topic topic, Subscriber subscriber, string path, TopicEvent topicEvent, CancellationToken cancellationToken)
    {
        var bulk = subscriber.Bulk!;
        var key = new BatchKey(topic, subscriber.Function, path, subscriber.IsRaw);
        var waiting = new Waiting(topicEvent, cancellationToken);
        var isFull = false;
        Batch? batch;
        lock (_gate)
        {
            if (!_collecting.TryGetValue(key, out batch))
            {
                _collecting[key] = batch = new();
                batch.Timer = time.CreateTimer(_ => Due(key, batch), null, bulk.MaxAwait, Timeout.InfiniteTimeSpan);
            }

            batch.Events.Add(waiting);
            isFull = batch.Events.Count >= Math.Min(bulk.MaxMessages, options.EventsPerFunction) && _collecting.Remove(key);
        }

        if (isFull)
        {
            _ = SendAsync(key, batch);
        }

        return waiting.Outcome.Task.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    private void Due(BatchKey key, Batch batch)
    {
        lock (_gate)
        {
            if (_collecting.GetValueOrDefault(key) != batch)
            {
                return;
            }

            _collecting.Remove(key);
        }

        _ = SendAsync(key, batch);
    }

    private async Task SendAsync(BatchKey key, Batch batch)
    {
        if (batch.Timer is { } timer)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }

        var wanted = batch.Events.Where(waiting => !waiting.Left.IsCancellationRequested).ToList();
        if (wanted.Count == 0)
        {
            return;
        }

        try
        {
            var outcomes = await functions.PostAsync(key.Function, key.Path, new EventBatch(key.Topic, key.IsRaw, [.. wanted.Select(waiting => waiting.Event)]), _ending.Token).ConfigureAwait(false);
            foreach (var (waiting, outcome) in wanted.Zip(outcomes))
            {
                waiting.Outcome.TrySetResult(outcome);
            }
        }
        catch (Exception exception)
        {
            wanted.ForEach(waiting => waiting.Outcome.TrySetException(exception));
        }
    }

    private readonly record struct BatchKey(Topic Topic, string Function, string Path, bool IsRaw);

    private sealed class Batch
    {
        public List<Waiting> Events { get; } = [];

        public ITimer? Timer { get; set; }
    }

    private sealed record Waiting(TopicEvent Event, CancellationToken Left)
    {
        public TaskCompletionSource<EventOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
