using System.Text.Json;
using Dapr.Client;
using PodPool.Contracts.V1;
using StackExchange.Redis;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>Events from Redis, through daprd and the door, to functions.</summary>
public sealed class EventTests(DoorFixture door) : IClassFixture<DoorFixture>
{
    private static readonly DaprAccess Nothing = new();

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_comes_as_a_cloud_event_and_brings_no_token()
    {
        Subscribe("plain", "plain", "/orders");
        await PublishAsync("plain", 1);
        var posted = await door.Router.NextAsync("shop/plain");
        Assert.Equal(("POST", "/orders", "application/cloudevents+json"), (posted.Method, posted.Path, posted.Headers["content-type"]));
        var json = posted.Json;
        foreach (var (name, value) in ((string, string)[])
        [
            ("specversion", "1.0"), ("type", "com.dapr.event.sent"), ("source", DoorFixture.AppId), ("topic", "plain"), ("pubsubname", "bus"), ("datacontenttype", "application/json"),
        ])
        {
            Assert.Equal((name, value), (name, json.GetProperty(name).GetString()));
        }

        Assert.NotEmpty(json.GetProperty("id").GetString()!);
        Assert.Equal(1, posted.Number);
        Assert.DoesNotContain(posted.Headers, header => header.Key == "dapr-api-token" || header.Value.Contains(DoorFixture.DaprdToken, StringComparison.Ordinal));
        await NothingPendsAsync("plain");
    }

    [Fact]
    public async Task A_function_s_event_reaches_another_function()
    {
        Subscribe("hears", "said", "/");
        var says = door.Function("says", new() { PubSubs = { new PubSubAccess { PubSub = "bus" } } });
        await says.PublishEventAsync("bus", "said", new { number = 5 }, Test);
        Assert.Equal(5, (await door.Router.NextAsync("shop/hears")).Number);
    }

    [Fact]
    public async Task Rules_say_the_path_and_without_one_an_event_is_nobody_s()
    {
        door.Manager.Function("ruled", new()
        {
            Subscriptions =
            {
                new DaprSubscription
                {
                    PubSub = "bus", Topic = "ruled",
                    Rules = { new EventRule { Match = "event.data.number > 10", Path = "/many" }, new EventRule { Match = "event.type == 'odd'", Path = "/odd" } },
                },
            },
        });
        Subscribe("rest", "ruled", "/rest");
        await PublishAsync("ruled", 1);
        await PublishAsync("ruled", 11);
        await PublishAsync("ruled", 2, new() { ["cloudevent.type"] = "odd" });
        List<(string, int)> ruled = [await PathAsync("shop/ruled"), await PathAsync("shop/ruled")];
        Assert.Equal([("/many", 11), ("/odd", 2)], ruled.Order());
        List<(string, int)> rest = [await PathAsync("shop/rest"), await PathAsync("shop/rest"), await PathAsync("shop/rest")];
        Assert.Equal([("/rest", 1), ("/rest", 2), ("/rest", 11)], rest.Order());
        await NothingPendsAsync("ruled");
        Assert.Equal(0, door.Router.Waiting("shop/ruled"));
    }

    [Theory]
    [InlineData(200, "", true)]
    [InlineData(204, "", true)]
    [InlineData(200, """{"status":"SUCCESS"}""", true)]
    [InlineData(200, "no JSON", true)]
    [InlineData(200, """{"status":"DROP"}""", true)]
    [InlineData(404, "", true)]
    [InlineData(200, """{"status":"RETRY"}""", false)]
    [InlineData(200, """{"status":"WHATEVER"}""", false)]
    [InlineData(500, "", false)]
    [InlineData(302, "", false)]
    public async Task What_a_function_answers_ends_an_event_or_brings_it_again(int status, string body, bool ends)
    {
        var name = $"answers-{status}-{(uint)string.GetHashCode(body, StringComparison.Ordinal)}";
        var attempts = 0;
        door.Router.On($"shop/{name}", _ => Interlocked.Increment(ref attempts) == 1 ? new(status, body) : Answer.Fine);
        Subscribe(name, name, "/");
        await PublishAsync(name, 1);
        await door.Router.NextAsync($"shop/{name}");
        if (!ends)
        {
            await door.Router.NextAsync($"shop/{name}");
        }

        await NothingPendsAsync(name);
        Assert.Equal(ends ? 1 : 2, attempts);
    }

    [Theory]
    [InlineData(503, "POOL_EMPTY")]
    [InlineData(404, "FUNCTION_NOT_FOUND")]
    public async Task What_the_router_refused_is_tried_again_at_once(int status, string reason)
    {
        var name = $"refused-{status}";
        var attempts = 0;
        door.Router.On($"shop/{name}", _ => Interlocked.Increment(ref attempts) < 3 ? Answer.Refused(status, reason) : Answer.Fine);
        Subscribe(name, name, "/", pubSub: "patient");
        await PublishAsync(name, 1, pubSub: "patient");
        await Until.TrueAsync(() => attempts == 3, "it is tried three times, long before the broker would");
        await NothingPendsAsync(name);
    }

    [Fact]
    public async Task Who_fails_gets_the_event_again_and_who_does_not_gets_it_once()
    {
        var attempts = 0;
        door.Router.On("shop/fails", _ => new(Interlocked.Increment(ref attempts) < 3 ? 500 : 200));
        Subscribe("fails", "shared", "/");
        Subscribe("works", "shared", "/");
        await PublishAsync("shared", 1);
        await Until.TrueAsync(() => attempts == 3, "it comes until it is handled");
        await NothingPendsAsync("shared");
        await door.Router.NextAsync("shop/works");
        Assert.Equal(0, door.Router.Waiting("shop/works"));
    }

    [Fact]
    public async Task Events_that_were_given_the_same_id_are_all_delivered()
    {
        Subscribe("one-id", "ids", "/");
        Subscribe("one-id-too", "ids", "/");
        foreach (var number in (int[])[1, 2, 2, 3])
        {
            await PublishAsync("ids", number, new() { ["cloudevent.id"] = "the-same" });
            Assert.Equal(number, (await door.Router.NextAsync("shop/one-id")).Number);
            Assert.Equal(number, (await door.Router.NextAsync("shop/one-id-too")).Number);
            await NothingPendsAsync("ids");
        }
    }

    [Fact]
    public async Task Who_takes_longer_than_daprd_waits_is_not_given_the_event_twice_at_once()
    {
        var (gate, atOnce, most) = (new TaskCompletionSource(), 0, 0);
        door.Router.On("shop/slow", async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref atOnce));
            await gate.Task;
            Interlocked.Decrement(ref atOnce);
            return Answer.Fine;
        });
        var mark = 0;
        door.Router.On("shop/failing", _ => new(Interlocked.Increment(ref mark) > 3 ? 200 : 500));
        Subscribe("slow", "slow", "/");
        Subscribe("failing", "failing", "/");
        await PublishAsync("slow", 1);
        await door.Router.NextAsync("shop/slow");
        await PublishAsync("failing", 1);
        await Until.TrueAsync(() => mark > 3, "an event that came later was brought again three times");
        Assert.Equal(1, most);

        // One that comes again between the answer and its acknowledgement is delivered: that is no more than at-least-once.
        gate.SetResult();
        await NothingPendsAsync("slow");
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task What_was_dropped_or_failed_three_times_goes_to_the_dead_letters()
    {
        var attempts = 0;
        door.Router.On("shop/buries", posted => posted.Number == 1 ? Answer.Says("DROP") : new(Interlocked.Increment(ref attempts) > 0 ? 500 : 200));
        Subscribe("buries", "mortal", "/", pubSub: "patient", deadLetter: "graves");
        Subscribe("digs", "graves", "/", pubSub: "patient");
        await PublishAsync("mortal", 1, pubSub: "patient");
        var dropped = await door.Router.NextAsync("shop/digs");
        Assert.Equal((1, "graves"), (dropped.Number, dropped.Json.GetProperty("topic").GetString()));
        await PublishAsync("mortal", 2, pubSub: "patient");
        var failed = await door.Router.NextAsync("shop/digs");
        Assert.Equal((2, 3), (failed.Number, attempts));
        await NothingPendsAsync("mortal");
        await NothingPendsAsync("graves");
    }

    [Fact]
    public async Task What_no_rule_wants_goes_to_the_dead_letters()
    {
        door.Manager.Function("chooses", new()
        {
            Subscriptions =
            {
                new DaprSubscription
                {
                    PubSub = "bus", Topic = "chosen", DeadLetterTopic = "unchosen", Rules = { new EventRule { Match = "event.data.number > 10", Path = "/many" } },
                },
            },
        });
        Subscribe("collects", "unchosen", "/");
        await PublishAsync("chosen", 1);
        await PublishAsync("chosen", 11);
        Assert.Equal(("/many", 11), await PathAsync("shop/chooses"));
        Assert.Equal(("/", 1), await PathAsync("shop/collects"));
        await NothingPendsAsync("chosen");
        await NothingPendsAsync("unchosen");
        Assert.Equal((0, 0), (door.Router.Waiting("shop/chooses"), door.Router.Waiting("shop/collects")));
    }

    [Fact]
    public async Task What_is_published_raw_comes_as_bytes_in_base64()
    {
        door.Manager.Function("raw", new() { Subscriptions = { new DaprSubscription { PubSub = "bus", Topic = "raw", RawPayload = true, Path = "/raw" } } });
        byte[] bytes = [1, 2, 250, 0, (byte)'{'];
        await door.Behind.PublishByteEventAsync("bus", "raw", bytes, "application/octet-stream", new() { ["rawPayload"] = "true" }, Test);
        var posted = await door.Router.NextAsync("shop/raw");
        Assert.Equal("/raw", posted.Path);
        Assert.Equal(bytes, posted.Json.GetProperty("data_base64").GetBytesFromBase64());
        await NothingPendsAsync("raw");
    }

    [Fact]
    public async Task Of_a_topic_that_one_function_takes_raw_every_function_gets_every_event()
    {
        Subscribe("cooks", "mixed", "/");
        door.Manager.Function("eats-raw", new() { Subscriptions = { new DaprSubscription { PubSub = "bus", Topic = "mixed", RawPayload = true } } });
        for (var number = 0; number < 10; number++)
        {
            await PublishAsync("mixed", number, new() { ["cloudevent.type"] = "raw or not" });
        }

        await door.Behind.PublishByteEventAsync("bus", "mixed", new byte[] { 1 }, "application/octet-stream", new() { ["rawPayload"] = "true" }, Test);
        await NothingPendsAsync("mixed");
        var cooked = door.Router.All.Where(posted => posted.Function == "shop/cooks").ToList();
        Assert.Equal(Enumerable.Range(0, 10), cooked.Select(posted => posted.Number).Distinct().Order());
        Assert.All(cooked, posted => Assert.Equal(
            ("raw or not", "mixed", "application/json"),
            (posted.Json.GetProperty("type").GetString(), posted.Json.GetProperty("topic").GetString(), posted.Json.GetProperty("datacontenttype").GetString())));
        var raw = door.Router.All.Where(posted => posted.Function == "shop/eats-raw").Select(posted => posted.Json).ToList();
        Assert.InRange(raw.Count, 1, 11);
    }

    [Fact]
    public async Task Text_and_odd_data_come_as_they_are()
    {
        Subscribe("text", "text", "/");
        await door.Behind.PublishByteEventAsync("bus", "text", "plain \"text\" é"u8.ToArray(), "text/plain", cancellationToken: Test);
        Assert.Equal("plain \"text\" é", (await door.Router.NextAsync("shop/text")).Json.GetProperty("data").GetString());
        await door.Behind.PublishByteEventAsync("bus", "text", """[1e400,"<\u0000>",{"a":1.10}]"""u8.ToArray(), "application/json", cancellationToken: Test);
        Assert.Equal(JsonValueKind.Array, (await door.Router.NextAsync("shop/text")).Json.GetProperty("data").ValueKind);
        await NothingPendsAsync("text");
    }

    [Fact]
    public async Task Subscriptions_begin_and_end_while_the_door_runs()
    {
        Subscribe("comes", "changing", "/first");
        await PublishAsync("changing", 1);
        Assert.Equal("/first", (await door.Router.NextAsync("shop/comes")).Path);
        await NothingPendsAsync("changing");

        Subscribe("comes", "changing", "/second");
        Subscribe("joins", "changing", "/");
        await Until.TrueAsync(
            async () =>
            {
                await PublishAsync("changing", 2);
                return (await door.Router.NextAsync("shop/comes")).Path == "/second" && door.Router.Waiting("shop/joins") > 0;
            },
            "the changes count");

        await NothingPendsAsync("changing");

        // With nobody left to hear them, events wait: they are not thrown away.
        door.Manager.Remove("comes");
        door.Manager.Function("joins", Nothing);
        await Until.TrueAsync(async () => !(await door.DaprdMetadataAsync()).Contains("\"changing\"", StringComparison.Ordinal), "daprd has no such subscription");
        await PublishAsync("changing", 3);
        Subscribe("late", "changing", "/");
        Assert.Equal(3, (await door.Router.NextAsync("shop/late")).Number);
        await NothingPendsAsync("changing");
    }

    [Fact]
    public async Task A_topic_that_is_given_up_and_taken_again_at_once_loses_nothing()
    {
        const int Rounds = 30;
        for (var number = 0; number < Rounds; number++)
        {
            Subscribe("flips", "flipping", "/");
            await PublishAsync("flipping", number);
            door.Manager.Function("flips", Nothing);
            await PublishAsync("flipping", Rounds + number);
            Subscribe("flips", "flipping", "/");
            if (number % 10 == 9)
            {
                await door.Router.NextAsync("shop/flips");
            }
        }

        await NothingPendsAsync("flipping");
        var got = door.Router.All.Where(posted => posted.Function == "shop/flips").Select(posted => posted.Number).Distinct().Order();
        Assert.Equal(Enumerable.Range(0, 2 * Rounds), got);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_before_it_was_answered()
    {
        var (gate, held) = (new TaskCompletionSource(), new TaskCompletionSource());
        door.Router.On("shop/holds", async _ =>
        {
            held.TrySetResult();
            await gate.Task;
            return Answer.Fine;
        });
        Subscribe("holds", "held", "/");
        await PublishAsync("held", 1);
        await held.Task.WaitAsync(Until.Patience, Test);
        Assert.Equal(1, await PendingAsync("held"));
        await door.KillDoorAsync();
        Assert.Equal(1, await PendingAsync("held"));
        gate.SetResult();
        await door.StartDoorAsync();
        await door.Router.NextAsync("shop/holds");
        await door.Router.NextAsync("shop/holds");
        await NothingPendsAsync("held");
    }

    [Fact]
    public async Task After_daprd_is_back_events_come_again()
    {
        Subscribe("survives", "back", "/");
        await PublishAsync("back", 1);
        await door.Router.NextAsync("shop/survives");
        await door.Daprd.KillAsync();
        await door.Daprd.StartAgainAsync();
        await PublishAsync("back", 2);
        await Until.TrueAsync(async () => (await door.Router.NextAsync("shop/survives")).Number == 2, "the next event comes");
    }

    [Theory]
    [InlineData("/%2e%2e/vault")]
    [InlineData("/a/..%2f../../vault")]
    [InlineData("/../vault")]
    [InlineData("-too")]
    public async Task A_path_never_leads_to_another_function(string path)
    {
        var name = $"escapes-{(uint)string.GetHashCode(path, StringComparison.Ordinal)}";
        Subscribe(name, name, path);
        Subscribe("guard", name, "/");
        await PublishAsync(name, 1);
        Assert.Equal(1, (await door.Router.NextAsync("shop/guard")).Number);
        await NothingPendsAsync(name);
        Assert.DoesNotContain(door.Router.All, posted => posted.Function is "shop/vault" or "vault/" or "shop/" || posted.Function.EndsWith("-too", StringComparison.Ordinal) && posted.Function != "shop/one-id-too");
    }

    private void Subscribe(string function, string topic, string path, string pubSub = "bus", string deadLetter = "")
        => door.Manager.Function(function, new() { Subscriptions = { new DaprSubscription { PubSub = pubSub, Topic = topic, Path = path, DeadLetterTopic = deadLetter } } });

    private Task PublishAsync(string topic, int number, Dictionary<string, string>? metadata = null, string pubSub = "bus")
        => door.Behind.PublishEventAsync(pubSub, topic, new { number }, metadata ?? [], Test);

    private async Task<(string Path, int Number)> PathAsync(string function)
    {
        var posted = await door.Router.NextAsync(function);
        return (posted.Path, posted.Number);
    }

    private async Task<long> PendingAsync(string topic) => (await door.Streams.StreamPendingAsync(topic, DoorFixture.AppId)).PendingMessageCount;

    /// <summary>How many nobody has read yet.</summary>
    private async Task<long> UnreadAsync(string topic) => (await door.Streams.StreamGroupInfoAsync(topic)).Single().Lag ?? 0;

    /// <summary>All that was published is dealt with.</summary>
    private Task NothingPendsAsync(string topic) => Until.TrueAsync(
        async () =>
        {
            try
            {
                return await PendingAsync(topic) == 0 && await UnreadAsync(topic) == 0;
            }
            catch (RedisServerException exception) when (exception.Message.StartsWith("NOGROUP", StringComparison.Ordinal))
            {
                // Nobody has subscribed yet.
                return false;
            }
        },
        $"all of {topic} is acknowledged");
}
