using System.ComponentModel.DataAnnotations;
using Dapr.Client.Autogen.Grpc.v1;
using Grpc.Core;
using PodPool.Contracts.V1;
using TopicStatus = Dapr.AppCallback.Autogen.Grpc.v1.TopicEventResponse.Types.TopicEventResponseStatus;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>Methods of Dapr's that the door does not know, and its operator lets through.</summary>
public sealed class PassedMethodTests(DoorFixture door) : IClassFixture<DoorFixture>
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_passes_both_ways_until_the_function_ends_it()
    {
        var (client, token) = Caller();
        using (var stream = client.SubscribeTopicEventsAlpha1(token, cancellationToken: Test))
        {
            await stream.RequestStream.WriteAsync(new() { InitialRequest = new() { PubsubName = "patient", Topic = "own" } }, Test);
            Assert.NotNull((await NextAsync(stream)).InitialResponse);
            await door.Behind.PublishEventAsync("patient", "own", new { number = 1 }, Test);
            var came = (await NextAsync(stream)).EventMessage;
            Assert.Equal("""{"number":1}""", came.Data.ToStringUtf8());
            await stream.RequestStream.WriteAsync(new() { EventProcessed = new() { Id = came.Id, Status = new() { Status = TopicStatus.Success } } }, Test);
            await stream.RequestStream.CompleteAsync();
        }

        // The connection's next streams are whole.
        for (var i = 0; i < 20; i++)
        {
            await client.SetMetadataAsync(new() { Key = "k", Value = $"{i}" }, token, cancellationToken: Test);
        }
    }

    [Fact]
    public async Task What_daprd_refuses_ends_a_stream_that_the_function_still_writes_and_harms_no_other()
    {
        var (client, token) = Caller();
        for (var i = 0; i < 20; i++)
        {
            using var stream = client.SubscribeTopicEventsAlpha1(token, cancellationToken: Test);
            await stream.RequestStream.WriteAsync(new() { InitialRequest = new() { PubsubName = "none", Topic = "t" } }, Test);
            var refused = await Assert.ThrowsAsync<RpcException>(() => NextAsync(stream));
            Assert.Contains("none", refused.Status.Detail, StringComparison.Ordinal);
        }

        await client.SetMetadataAsync(new() { Key = "k", Value = "v" }, token, cancellationToken: Test);
    }

    [Fact]
    public async Task They_pass_for_functions_that_use_Dapr_alone()
    {
        var (client, _) = Caller();
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await client.SetMetadataAsync(new() { Key = "k" }, new Metadata { { "dapr-api-token", "forged" } }, cancellationToken: Test));
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
    }

    [Fact]
    public async Task What_nobody_lets_through_is_unimplemented()
    {
        var (client, token) = Caller();
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await client.ShutdownAsync(new(), token, cancellationToken: Test));
        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
    }

    [Theory]
    [InlineData("Shutdown", "it would end the sidecar")]
    [InlineData("GetState", "functions name in spec.dapr what they use of it")]
    [InlineData("a/b", "no name of a method")]
    public void What_may_not_pass_unread_is_refused_when_the_door_is_built(string method, string message)
        => Assert.Contains(message, Assert.Throws<ValidationException>(() => DoorHost.Build(new() { Manager = door.Manager.Address, PassMethods = [method] })).Message, StringComparison.Ordinal);

    private (Dapr.Client.Autogen.Grpc.v1.Dapr.DaprClient Client, Metadata Token) Caller()
    {
        door.Manager.Function("caller", new DaprAccess());
        return door.Grpc(door.Manager.Instance("caller"));
    }

    private static async Task<SubscribeTopicEventsResponseAlpha1> NextAsync(AsyncDuplexStreamingCall<SubscribeTopicEventsRequestAlpha1, SubscribeTopicEventsResponseAlpha1> stream)
    {
        Assert.True(await stream.ResponseStream.MoveNext(Test), "the stream ended");
        return stream.ResponseStream.Current;
    }
}
