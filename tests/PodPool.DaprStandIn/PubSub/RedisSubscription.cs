using System.Text.Json;
using System.Threading.Channels;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.PubSub;

/// <summary>A topic that is read for a handler.</summary>
internal sealed partial class RedisSubscription(
    RedisPubSub pubSub, string topic, MessageHandler handler, ConnectionMultiplexer reading, IDatabase redis, ChannelWriter<RedisSubscription.Pending> queue,
    TimeProvider clock, ILogger logger) : IDisposable
{
    /// <summary>How long a read waits for something to come; a stop does not wait for it.</summary>
    private const int BlockMilliseconds = 1000;

    private readonly CancellationTokenSource _stopped = new();
    private readonly CancellationTokenSource _abandoned = new();
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loops = Task.CompletedTask;
    private int _underWay;
    private bool _closed;

    private bool Redelivers => pubSub.ProcessingTimeout > TimeSpan.Zero && pubSub.RedeliverInterval > TimeSpan.Zero;

    /// <exception cref="RedisException">Redis said no.</exception>
    public async Task StartAsync()
    {
        await CreateGroupAsync();
        _loops = Task.WhenAll(ReadAsync(), Redelivers ? ReclaimAsync() : Task.CompletedTask);
    }

    /// <summary>Reads no more, lets handlers finish for a while and ends what is left. What was not dealt with stays pending.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        await _stopped.CancelAsync();
        lock (_lock)
        {
            _closed = true;
            if (_underWay == 0)
            {
                _idle.TrySetResult();
            }
        }

        // Ends the read that waits.
        await reading.CloseAsync(allowCommandsToComplete: false);
        try
        {
            await _idle.Task.WaitAsync(grace, clock);
        }
        catch (TimeoutException)
        {
            Log.Abandoned(logger, topic);
        }

        await _abandoned.CancelAsync();
        await _loops;
        await reading.DisposeAsync();
    }

    public void Dispose()
    {
        _stopped.Dispose();
        _abandoned.Dispose();
    }

    /// <summary>Deals with a message that was queued; acknowledges it if its handler did not throw.</summary>
    public async Task HandleAsync(Pending pending)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _underWay++;
        }

        try
        {
            using var patience = Redelivers ? new CancellationTokenSource(pubSub.ProcessingTimeout, clock) : new();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _abandoned.Token);
            await handler(pending.Message, either.Token, _abandoned.Token);
            await redis.StreamAcknowledgeAsync(topic, pubSub.Group, pending.Id);
        }
#pragma warning disable CA1031 // Whatever it was: the message stays pending.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Log.NotHandled(logger, pending.Id, exception.Message);
        }
        finally
        {
            lock (_lock)
            {
                if (--_underWay == 0 && _closed)
                {
                    _idle.TrySetResult();
                }
            }
        }
    }

    private async Task CreateGroupAsync()
    {
        try
        {
            await redis.StreamCreateConsumerGroupAsync(topic, pubSub.Group, "0", createStream: true);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            // It is there.
        }
    }

    private async Task ReadAsync()
    {
        var database = reading.GetDatabase();
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                var answer = await database.ExecuteAsync(
                    "XREADGROUP", "GROUP", pubSub.Group, pubSub.Group, "COUNT", pubSub.QueueDepth, "BLOCK", BlockMilliseconds, "STREAMS", topic, ">");
                await QueueAsync(Messages(answer));
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception) when (exception is RedisException or ObjectDisposedException or TimeoutException)
            {
                await RecoverAsync(exception);
            }
        }
    }

    private async Task RecoverAsync(Exception why)
    {
        if (_stopped.IsCancellationRequested)
        {
            return;
        }

        Log.NotRead(logger, topic, why.Message);
        try
        {
            if (why.Message.Contains("NOGROUP", StringComparison.Ordinal))
            {
                await CreateGroupAsync();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), clock, _stopped.Token);
        }
        catch (Exception exception) when (exception is RedisException or OperationCanceledException)
        {
            // The next round says so again.
        }
    }

    private async Task ReclaimAsync()
    {
        using var timer = new PeriodicTimer(pubSub.RedeliverInterval, clock);
        try
        {
            do
            {
                try
                {
                    while (await ReclaimOnceAsync())
                    {
                        // As many as fit the queue at a time.
                    }
                }
                catch (RedisException exception)
                {
                    Log.NotRead(logger, topic, exception.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(_stopped.Token));
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    /// <returns>False: there was nothing to claim.</returns>
    private async Task<bool> ReclaimOnceAsync()
    {
        var pending = await redis.StreamPendingMessagesAsync(topic, pubSub.Group, pubSub.QueueDepth, RedisValue.Null);
        var old = pending.Where(message => message.IdleTimeInMilliseconds >= pubSub.ProcessingTimeout.TotalMilliseconds).Select(message => message.MessageId).ToArray();
        if (old.Length == 0)
        {
            return false;
        }

        var claimed = await redis.StreamClaimAsync(topic, pubSub.Group, pubSub.Group, (long)pubSub.ProcessingTimeout.TotalMilliseconds, old);
        var there = claimed.Where(entry => !entry.IsNull).ToList();
        await QueueAsync(there.Select(entry => new Pending(this, entry.Id.ToString(), MessageOf(entry.Values.Select(pair => ((string)pair.Name!, pair.Value))))));

        // What was trimmed from the stream meanwhile is pending for ever unless somebody says that it is not.
        var gone = old.Except(there.Select(entry => entry.Id)).ToArray();
        if (gone.Length > 0)
        {
            await redis.StreamAcknowledgeAsync(topic, pubSub.Group, gone);
        }

        return true;
    }

    private async Task QueueAsync(IEnumerable<Pending> messages)
    {
        foreach (var message in messages)
        {
            await queue.WriteAsync(message, _stopped.Token);
        }
    }

    private List<Pending> Messages(RedisResult answer)
    {
        List<Pending> messages = [];
        foreach (var stream in answer.IsNull ? [] : (RedisResult[])answer!)
        {
            foreach (var message in (RedisResult[])((RedisResult[])stream!)[1]!)
            {
                var parts = (RedisResult[])message!;
                var fields = (RedisValue[])parts[1]!;
                messages.Add(new(this, (string)parts[0]!, MessageOf(fields.Chunk(2).Select(pair => ((string)pair[0]!, pair[1])))));
            }
        }

        return messages;
    }

    private ReceivedMessage MessageOf(IEnumerable<(string Name, RedisValue Value)> fields)
    {
        byte[] data = [];
        var metadata = new Dictionary<string, string>();
        foreach (var (name, value) in fields)
        {
            if (name == "data")
            {
                data = (byte[]?)value ?? [];
            }
            else if (name == "metadata")
            {
                metadata = JsonSerializer.Deserialize<Dictionary<string, string>>((string)value!) ?? [];
            }
        }

        return new(topic, data, metadata);
    }

    /// <summary>A message that was read and not yet dealt with.</summary>
    internal sealed record Pending(RedisSubscription Subscription, string Id, ReceivedMessage Message);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Error processing Redis message {Id}: {Why}")]
        public static partial void NotHandled(ILogger logger, string id, string why);

        [LoggerMessage(LogLevel.Error, "redis streams: error reading from stream {Topic}: {Why}")]
        public static partial void NotRead(ILogger logger, string topic, string why);

        [LoggerMessage(LogLevel.Warning, "drain exceeded its time; sealing with messages under way on topic {Topic}")]
        public static partial void Abandoned(ILogger logger, string topic);
    }
}
