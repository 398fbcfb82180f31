using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Client.Autogen.Grpc.v1;
using Grpc.Core;
using PodPool.DaprStandIn.Tests.Worlds;
using StackExchange.Redis;
using Status = Dapr.AppCallback.Autogen.Grpc.v1.TopicEventResponse.Types.TopicEventResponseStatus;

namespace PodPool.DaprStandIn.Tests;

/// <summary>Subscriptions that are streams.</summary>
public sealed class StreamingTests(SharedDaprd shared) : DaprTests(shared)
{
    [Fact]
    public async Task An_event_comes_until_it_is_dealt_with()
    {
        using var stream = await SubscribeAsync("streamed");
        await World.Client.PublishEventAsync("bus", "streamed", new { number = 1 }, Cancelled);
        var first = await NextAsync(stream);
        Assert.Equal(("""{"number":1}""", "streamed", "bus", "/", "com.dapr.event.sent", "app"), (first.Data.ToStringUtf8(), first.Topic, first.PubsubName, first.Path, first.Type, first.Source));
        Assert.Equal(1, (await Redis.StreamPendingAsync("streamed", "app")).PendingMessageCount);
        await AnswerAsync(stream, first.Id, Status.Retry);
        var again = await NextAsync(stream);
        Assert.Equal(first.Id, again.Id);
        await AnswerAsync(stream, again.Id, Status.Success);
        await Redis.NothingPendingAsync("streamed", "app");
    }

    [Fact]
    public async Task What_is_dropped_goes_to_the_dead_letters()
    {
        using var dead = await SubscribeAsync("dead");
        using var stream = await SubscribeAsync("dropped", "dead");
        await World.Client.PublishEventAsync("bus", "dropped", new { number = 2 }, Cancelled);
        var dropped = await NextAsync(stream);
        await AnswerAsync(stream, dropped.Id, Status.Drop);
        var buried = await NextAsync(dead);
        Assert.Equal(dropped.Id, buried.Id);
        await AnswerAsync(dead, buried.Id, Status.Success);
        await Redis.NothingPendingAsync("dropped", "app");
    }

    [Fact]
    public async Task Who_leaves_without_an_answer_has_decided_nothing()
    {
        using (var stream = await SubscribeAsync("left", "never"))
        {
            await World.Client.PublishEventAsync("bus", "left", new { number = 3 }, Cancelled);
            await NextAsync(stream);
        }

        using var next = await SubscribeAsync("left", "never");
        await AnswerAsync(next, (await NextAsync(next)).Id, Status.Success);
        Assert.False(await Redis.KeyExistsAsync("never"));
    }

    [Theory]
    [InlineData("", "topic", "pubsubName is required")]
    [InlineData("bus", "", "topic is required")]
    [InlineData("other", "topic", "pubsub 'other' not found")]
    [InlineData("bus", "secret", "subscription to topic 'secret' on pubsub 'bus' is not allowed")]
    public async Task What_cannot_be_subscribed_to_is_refused(string pubSub, string topic, string why)
    {
        using var stream = World.Grpc.SubscribeTopicEventsAlpha1(cancellationToken: Cancelled);
        await stream.RequestStream.WriteAsync(new() { InitialRequest = new() { PubsubName = pubSub, Topic = topic } }, Cancelled);
        var thrown = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Cancelled));
        Assert.Equal((StatusCode.Unknown, why), (thrown.StatusCode, thrown.Status.Detail));
    }

    private async Task<AsyncDuplexStreamingCall<SubscribeTopicEventsRequestAlpha1, SubscribeTopicEventsResponseAlpha1>> SubscribeAsync(string topic, string? deadLetterTopic = null)
    {
        var stream = World.Grpc.SubscribeTopicEventsAlpha1(cancellationToken: Cancelled);
        var request = new SubscribeTopicEventsRequestInitialAlpha1 { PubsubName = "bus", Topic = topic };
        if (deadLetterTopic is not null)
        {
            request.DeadLetterTopic = deadLetterTopic;
        }

        await stream.RequestStream.WriteAsync(new() { InitialRequest = request }, Cancelled);
        Assert.True(await stream.ResponseStream.MoveNext(Cancelled));
        Assert.NotNull(stream.ResponseStream.Current.InitialResponse);
        return stream;
    }

    private static async Task<TopicEventRequest> NextAsync(AsyncDuplexStreamingCall<SubscribeTopicEventsRequestAlpha1, SubscribeTopicEventsResponseAlpha1> stream)
    {
        Assert.True(await stream.ResponseStream.MoveNext(Cancelled).WaitAsync(TimeSpan.FromSeconds(60), Cancelled));
        return stream.ResponseStream.Current.EventMessage;
    }

    private static Task AnswerAsync(AsyncDuplexStreamingCall<SubscribeTopicEventsRequestAlpha1, SubscribeTopicEventsResponseAlpha1> stream, string id, Status status)
        => stream.RequestStream.WriteAsync(new() { EventProcessed = new() { Id = id, Status = new() { Status = status } } }, Cancelled);
}
