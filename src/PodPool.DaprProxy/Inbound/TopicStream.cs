using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Client.Autogen.Grpc.v1;
using Grpc.Core;
using PodPool.DaprProxy.Http;
using DaprApi = Dapr.Client.Autogen.Grpc.v1.Dapr;

namespace PodPool.DaprProxy.Inbound;

/// <summary>A stream of one topic's events, opened again whenever it ends. What it is answered is what the broker is told: so nothing is lost with the stream.</summary>
/// <remarks>Streaming subscriptions are Dapr's since 1.14; they begin and end without daprd's application, or daprd, being started anew.</remarks>
internal sealed partial class TopicStream(
    Topic topic, Func<IReadOnlyCollection<Subscriber>> subscribers, EventDelivery delivery, CallInvoker daprd, string? daprdToken, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly DaprApi.DaprClient _daprd = new(daprd);
    private readonly string _name = topic.ToString();

    /// <summary>Runs until it is ended. Never throws.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        var lastTrouble = "";
        while (!cancellationToken.IsCancellationRequested)
        {
            var begun = time.GetTimestamp();
            var trouble = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            pause = time.GetElapsedTime(begun) > LongestPause ? FirstPause : pause;
            Log.Ended(logger, trouble == lastTrouble ? LogLevel.Debug : LogLevel.Warning, _name, trouble);
            lastTrouble = trouble;
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <returns>Why it ended.</returns>
    private async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        var headers = new Metadata();
        if (daprdToken is not null)
        {
            headers.Add(DaprTransformer.TokenHeader, daprdToken);
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var call = _daprd.SubscribeTopicEventsAlpha1(headers, cancellationToken: ending.Token);
        using var writing = new SemaphoreSlim(1);
        var underWay = new HashSet<Task>();
        try
        {
            var initial = new SubscribeTopicEventsRequestInitialAlpha1 { PubsubName = topic.PubSub, Topic = topic.Name };
            if (topic.IsRaw)
            {
                initial.Metadata["rawPayload"] = "true";
            }

            await call.RequestStream.WriteAsync(new() { InitialRequest = initial }, ending.Token).ConfigureAwait(false);
            await foreach (var message in call.ResponseStream.ReadAllAsync(ending.Token).ConfigureAwait(false))
            {
                if (message.SubscribeTopicEventsResponseTypeCase == SubscribeTopicEventsResponseAlpha1.SubscribeTopicEventsResponseTypeOneofCase.InitialResponse)
                {
                    Log.Subscribed(logger, _name);
                }
                else if (message.EventMessage is { } request)
                {
                    // As many at once as daprd sends before it is answered: where the broker keeps an order, it sends the next one after.
                    underWay.RemoveWhere(task => task.IsCompleted);
                    underWay.Add(HandleAsync(request, call.RequestStream, writing, ending.Token));
                }
            }

            return "daprd ended the stream";
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unimplemented)
        {
            return "this daprd has no streaming subscriptions: Dapr 1.14 or later is needed for events";
        }
        catch (RpcException exception)
        {
            return exception.Status.Detail;
        }
        catch (OperationCanceledException)
        {
            return "it was ended";
        }
#pragma warning disable CA1031 // Whatever it was, gRPC's own complaint of a stream that ended before it began among it: it is opened again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception.Message;
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task HandleAsync(
        TopicEventRequest request, IClientStreamWriter<SubscribeTopicEventsRequestAlpha1> answers, SemaphoreSlim writing, CancellationToken cancellationToken)
    {
        EventOutcome outcome;
        try
        {
            outcome = await delivery.DeliverAsync(topic, subscribers(), new(request), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // daprd hears nothing of it, and so brings it again.
            return;
        }
        catch (Exception exception)
        {
            Log.Failed(logger, exception, request.Id, _name);
            outcome = EventOutcome.Retry;
        }

        var answer = new SubscribeTopicEventsRequestAlpha1
        {
            EventProcessed = new()
            {
                Id = request.Id,
                Status = new()
                {
                    Status = outcome switch
                    {
                        EventOutcome.Success => TopicEventResponse.Types.TopicEventResponseStatus.Success,
                        EventOutcome.Drop => TopicEventResponse.Types.TopicEventResponseStatus.Drop,
                        _ => TopicEventResponse.Types.TopicEventResponseStatus.Retry,
                    },
                },
            },
        };
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await answers.WriteAsync(answer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            writing.Release();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Subscribed to {Topic}", EventName = "Subscribed")]
        public static partial void Subscribed(ILogger logger, string topic);

        [LoggerMessage(EventId = 2, Message = "The stream of {Topic} ended, and is opened again: {Trouble}", EventName = "StreamEnded")]
        public static partial void Ended(ILogger logger, LogLevel level, string topic, string trouble);

        [LoggerMessage(3, LogLevel.Error, "The event {Event} of {Topic} could not be delivered; it shall come again", EventName = "DeliveryFailed")]
        public static partial void Failed(ILogger logger, Exception exception, string @event, string topic);
    }
}
