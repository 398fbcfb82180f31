using System.Collections.Concurrent;
using System.Text.Json;
using Dapr.AspNetCore;
using PodPool.Contracts.V1;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>Events that a function wants in bulk: read as Dapr's own library for applications reads them.</summary>
public sealed class BulkTests(DoorFixture door) : IClassFixture<DoorFixture>
{
    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_come_together_in_Daprs_envelope_and_what_is_said_of_each_counts()
    {
        var told = new ConcurrentQueue<int>();
        door.Router.On("shop/bulk", posted =>
        {
            var message = Read<JsonElement>(posted);
            var statuses = message.Entries.Select(entry =>
            {
                var number = NumberOf(entry);
                told.Enqueue(number);
                return new BulkSubscribeAppResponseEntry(entry.EntryId, number switch
                {
                    7 when told.Count(one => one == 7) == 1 => BulkSubscribeAppResponseStatus.RETRY,
                    8 => BulkSubscribeAppResponseStatus.DROP,
                    _ => BulkSubscribeAppResponseStatus.SUCCESS,
                });
            });
            return Says([.. statuses]);
        });
        Subscribe("bulk", "bulky", new() { MaxMessages = 5, MaxAwaitMilliseconds = 500 }, deadLetter: "bulky-dead");
        Subscribe("gravedigger", "bulky-dead", null);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => door.Behind.PublishEventAsync("bus", "bulky", new { number }, Test)));

        Assert.Equal(8, (await door.Router.NextAsync("shop/gravedigger")).Number);
        await Until.TrueAsync(() => told.Count == 21, "all came, and one came again");
        Assert.Equal(Enumerable.Range(0, 20).Append(7).Order(), told.Order());
        var first = await door.Router.NextAsync("shop/bulk");
        Assert.Equal(("/orders", "application/json"), (first.Path, first.Headers["content-type"]));
        var envelope = Read<JsonElement>(first);
        Assert.Equal(("bulky", "bus", "com.dapr.event.sent.bulk"), (envelope.Topic, first.Json.GetProperty("pubsubname").GetString(), first.Json.GetProperty("type").GetString()));
        Assert.InRange(envelope.Entries.Count, 1, 5);
        Assert.All(envelope.Entries, entry => Assert.Equal("application/cloudevents+json", entry.ContentType));
        Assert.Contains(door.Router.All.Where(posted => posted.Function == "shop/bulk"), posted => Read<JsonElement>(posted).Entries.Count > 1);
    }

    [Fact]
    public async Task One_event_alone_comes_when_it_has_waited_long_enough()
    {
        door.Router.On("shop/alone", posted => Says([.. Read<JsonElement>(posted).Entries.Select(entry => new BulkSubscribeAppResponseEntry(entry.EntryId, BulkSubscribeAppResponseStatus.SUCCESS))]));
        Subscribe("alone", "lonely", new() { MaxMessages = 100, MaxAwaitMilliseconds = 100 });
        await door.Behind.PublishEventAsync("bus", "lonely", new { number = 1 }, Test);
        Assert.Equal(1, NumberOf(Assert.Single(Read<JsonElement>(await door.Router.NextAsync("shop/alone")).Entries)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"statuses":[]}""")]
    [InlineData("""{"statuses":[{"entryId":"99","status":"SUCCESS"}]}""")]
    [InlineData("""[1]""")]
    public async Task What_nothing_is_said_of_comes_again(string answer)
    {
        var name = $"silent-{Math.Abs(answer.GetHashCode(StringComparison.Ordinal))}";
        var isFirst = true;
        door.Router.On($"shop/{name}", posted =>
        {
            var said = isFirst ? new Answer(200, answer) : Says([.. Read<JsonElement>(posted).Entries.Select(entry => new BulkSubscribeAppResponseEntry(entry.EntryId, BulkSubscribeAppResponseStatus.SUCCESS))]);
            isFirst = false;
            return said;
        });
        Subscribe(name, name, new() { MaxMessages = 1, MaxAwaitMilliseconds = 100 });
        await door.Behind.PublishEventAsync("bus", name, new { number = 3 }, Test);
        await door.Router.NextAsync($"shop/{name}");
        Assert.Equal(3, NumberOf(Assert.Single(Read<JsonElement>(await door.Router.NextAsync($"shop/{name}")).Entries)));
    }

    [Fact]
    public async Task Raw_events_come_as_bytes()
    {
        byte[] bytes = [1, 0, 200];
        door.Manager.Function("raws", new() { Subscriptions = { new DaprSubscription { PubSub = "bus", Topic = "raws", RawPayload = true, Bulk = new() { MaxMessages = 1, MaxAwaitMilliseconds = 100 } } } });
        await door.Behind.PublishByteEventAsync("bus", "raws", bytes, "application/octet-stream", new() { ["rawPayload"] = "true" }, Test);
        var entry = Assert.Single(Read<byte[]>(await door.Router.NextAsync("shop/raws")).Entries);
        Assert.Equal("application/octet-stream", entry.ContentType);
        Assert.Equal(bytes, entry.Event);
    }

    private void Subscribe(string function, string topic, DaprBulk? bulk, string deadLetter = "")
        => door.Manager.Function(function, new() { Subscriptions = { new DaprSubscription { PubSub = "bus", Topic = topic, Path = "/orders", DeadLetterTopic = deadLetter, Bulk = bulk } } });

    private static BulkSubscribeMessage<T> Read<T>(Posted posted) => JsonSerializer.Deserialize<BulkSubscribeMessage<T>>(posted.Body, JsonSerializerOptions.Web)!;

    private static Answer Says(List<BulkSubscribeAppResponseEntry> statuses) => new(200, JsonSerializer.Serialize(new BulkSubscribeAppResponse(statuses), JsonSerializerOptions.Web));

    private static int NumberOf(BulkSubscribeMessageEntry<JsonElement> entry) => entry.Event.GetProperty("data").GetProperty("number").GetInt32();
}
