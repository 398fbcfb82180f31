using Dapr.Client.Autogen.Grpc.v1;
using Grpc.Core;
using PodPool.DaprStandIn.PubSub;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Grpc;

/// <summary>Subscriptions that are streams: events go down, what became of them comes up.</summary>
/// <remarks>dapr/dapr pkg/api/grpc/subscribe.go and pkg/runtime/pubsub/streamer/streamer.go.</remarks>
internal sealed class StreamingSubscriptions(Subscriptions subscriptions, RuntimeState runtime, TimeSpan grace)
{
    /// <exception cref="FormatException">The stream does not begin as it should.</exception>
    public async Task SubscribeAsync(
        IAsyncStreamReader<SubscribeTopicEventsRequestAlpha1> answers, IServerStreamWriter<SubscribeTopicEventsResponseAlpha1> events, ServerCallContext call)
    {
        var first = await answers.MoveNext(call.CancellationToken) ? answers.Current.InitialRequest : null;
        if (first is null || first.PubsubName.Length == 0 || first.Topic.Length == 0)
        {
            throw new FormatException(first is null ? "initial request is required" : first.PubsubName.Length == 0 ? "pubsubName is required" : "topic is required");
        }

        using var postman = new StreamPostman(events);
        var close = await OpenAsync(first, postman);
        try
        {
            await postman.SendAsync(new() { InitialResponse = new() }, call.CancellationToken);
            postman.Begin();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, runtime.Ending);
            while (await answers.MoveNext(either.Token))
            {
                postman.Answer(answers.Current.EventProcessed ?? throw new FormatException("duplicate initial request received"));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            // The subscriber left, or the process ends.
        }
        finally
        {
            // What it has not answered is not dealt with.
            postman.End();
            await close(grace);
        }
    }

    private async Task<Func<TimeSpan, Task>> OpenAsync(SubscribeTopicEventsRequestInitialAlpha1 request, StreamPostman postman)
    {
        try
        {
            return await subscriptions.OpenAsync(
                new()
                {
                    PubSub = request.PubsubName,
                    Topic = request.Topic,
                    Metadata = request.Metadata.ToDictionary(),
                    DeadLetterTopic = request.DeadLetterTopic,
                    Routes = [TopicRoute.Create(null, "/")],
                    Kind = SubscriptionKind.Streaming,
                },
                postman);
        }
        catch (RedisException exception)
        {
            throw new FormatException(exception.Message, exception);
        }
    }
}
