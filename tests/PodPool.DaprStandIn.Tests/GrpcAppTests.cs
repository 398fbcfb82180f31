using Dapr.AppCallback.Autogen.Grpc.v1;
using Grpc.Core;
using PodPool.DaprStandIn.Tests.Worlds;
using StackExchange.Redis;
using Status = Dapr.AppCallback.Autogen.Grpc.v1.TopicEventResponse.Types.TopicEventResponseStatus;

namespace PodPool.DaprStandIn.Tests;

/// <summary>An application that speaks gRPC gets what it asked for.</summary>
public sealed class GrpcAppTests(GrpcAppWorld app, SharedDaprd shared) : DaprTests(shared), IClassFixture<GrpcAppWorld>
{
    private protected override Task<DaprWorld> WorldAsync() => app.WorldAsync();

    [Fact]
    public async Task An_event_comes_until_it_is_dealt_with()
    {
        app.Answer("g-plain", () => new() { Status = Status.Retry });
        app.Answer("g-plain", () => throw new RpcException(new(StatusCode.Unavailable, "not now")));
        await World.Client.PublishEventAsync("bus", "g-plain", new { number = 1 }, Cancelled);
        var first = await app.Of("g-plain").TakeAsync();
        Assert.Equal(("""{"number":1}""", "application/json", "bus", "rpc", "1.0", ""), (first.Data.ToStringUtf8(), first.DataContentType, first.PubsubName, first.Source, first.SpecVersion, first.Path));
        Assert.Equal("g-plain", first.Extensions.Fields["topic"].StringValue);
        Assert.Equal(first.Id, (await app.Of("g-plain").TakeAsync()).Id);
        Assert.Equal(first.Id, (await app.Of("g-plain").TakeAsync()).Id);
        await Redis.NothingPendingAsync("g-plain", "rpc");
    }

    [Fact]
    public async Task A_rule_says_its_path_and_what_is_dropped_goes_to_the_dead_letters()
    {
        app.Answer("g-typed", () => new());
        app.Answer("g-typed", () => new() { Status = Status.Drop });
        await World.Client.PublishEventAsync("bus", "g-typed", new { number = 2 }, new Dictionary<string, string> { ["cloudevent.type"] = "widget" }, Cancelled);
        Assert.Equal("/widgets", (await app.Of("g-typed").TakeAsync()).Path);
        await Redis.NothingPendingAsync("g-typed", "rpc");
        await World.Client.PublishByteEventAsync("bus", "g-typed", new byte[] { 1, 2 }, "application/octet-stream", [], Cancelled);
        var dropped = await app.Of("g-typed").TakeAsync();
        Assert.Equal(("/things", 2), (dropped.Path, dropped.Data.Length));
        Assert.Equal(dropped.Id, (await app.Of("g-dead").TakeAsync()).Id);
        await Redis.NothingPendingAsync("g-typed", "rpc");
    }

    [Fact]
    public async Task Who_cannot_take_events_has_none_left()
    {
        app.Answer("g-dead", () => throw new RpcException(new(StatusCode.Unimplemented, "")));
        await World.Client.PublishEventAsync("bus", "g-dead", new { number = 3 }, Cancelled);
        await app.Of("g-dead").TakeAsync();
        await Redis.NothingPendingAsync("g-dead", "rpc");
    }

    [Fact]
    public async Task Many_come_at_once()
    {
        await World.Client.BulkPublishEventAsync("bus", "g-many", (IReadOnlyList<int>)[1, 2, 3], cancellationToken: Cancelled);
        List<string> data = [];
        while (data.Count < 3)
        {
            data.AddRange((await app.Bulks.TakeAsync()).Entries.Select(entry => entry.CloudEvent.Data.ToStringUtf8()));
        }

        Assert.Equal(["1", "2", "3"], data.Order());
        await Redis.NothingPendingAsync("g-many", "rpc");
    }

    [Fact]
    public async Task Bindings_that_it_names_fire() => Assert.Equal("tick", (await app.Bindings.TakeAsync()).Name);

    [Fact]
    public async Task It_is_called_by_either_protocol()
    {
        var (status, body) = await World.AskAsync("POST", "/v1.0/invoke/rpc/method/echo?a=1", "hello", ("Content-Type", "text/plain"));
        Assert.Equal((200, "hello"), (status, body));
        var call = await app.Calls.TakeAsync();
        Assert.Equal(("echo", "a=1", "text/plain"), (call.Method, call.HttpExtension.Querystring, call.ContentType));
        Assert.Equal(400, (await World.AskAsync("POST", "/v1.0/invoke/rpc/method/fail", "hello")).Status);
        var thrown = await Assert.ThrowsAsync<RpcException>(async () => await World.Grpc.InvokeServiceAsync(new() { Id = "rpc", Message = new() { Method = "fail" } }, cancellationToken: Cancelled));
        Assert.Equal((StatusCode.FailedPrecondition, "not now"), (thrown.StatusCode, thrown.Status.Detail));
    }
}
