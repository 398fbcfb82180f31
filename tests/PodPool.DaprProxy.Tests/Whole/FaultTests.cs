using System.Collections.Concurrent;
using System.Globalization;
using PodPool.Contracts.V1;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>While door and daprd end and come back in turn, no event is lost.</summary>
public sealed class FaultTests(DoorFixture door) : IClassFixture<DoorFixture>
{
    private const int Functions = 20;
    private const int Topics = 5;
    private const int Events = 2_000;
    private const int Deliveries = Functions / Topics * Events;
    private const int Rounds = 5;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_function_gets_every_event_of_its_topic()
    {
        // By function: the events that it said yes to.
        var got = Enumerable.Range(0, Functions).Select(_ => new ConcurrentDictionary<int, int>()).ToArray();
        var seen = new ConcurrentDictionary<(int Function, int Number), int>();
        for (var i = 0; i < Functions; i++)
        {
            var function = i;
            door.Router.On($"shop/f{function}", posted =>
            {
                // Every now and then it fails the first time.
                if (seen.AddOrUpdate((function, posted.Number), 1, (_, times) => times + 1) == 1 && (posted.Number + function) % 37 == 0)
                {
                    return new(500);
                }

                got[function].AddOrUpdate(posted.Number, 1, (_, times) => times + 1);
                return Answer.Fine;
            });
            door.Manager.Function($"f{function}", new()
            {
                Subscriptions = { new DaprSubscription { PubSub = "bus", Topic = TopicOf(function) } },
            });
        }

        var publishing = PublishAsync();
        for (var round = 0; round < Rounds; round++)
        {
            var target = Deliveries / (Rounds + 1) * (round + 1);
            await Until.TrueAsync(() => got.Sum(events => events.Count) >= target, "events come");
            if (round % 2 == 0)
            {
                await door.KillDoorAsync();
                await door.StartDoorAsync();
            }
            else
            {
                await door.Daprd.KillAsync();
                await door.Daprd.StartAgainAsync();
            }
        }

        await publishing;
        await Until.TrueAsync(() => Missing() == 0, "every function has every event of its topic");
        for (var topic = 0; topic < Topics; topic++)
        {
            await Until.TrueAsync(async () => (await door.Streams.StreamPendingAsync(TopicOf(topic), DoorFixture.AppId)).PendingMessageCount == 0, "all is acknowledged");
        }

        var again = got.Sum(events => events.Values.Sum()) - Deliveries;
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture, $"{again} deliveries beyond {Deliveries}"));

        int Missing() => Enumerable.Range(0, Functions).Sum(function => (Events / Topics) - got[function].Count);
    }

    private static string TopicOf(int function) => string.Create(CultureInfo.InvariantCulture, $"topic-{function % Topics}");

    /// <summary>Publishes past daprd, which is away now and then, as another application's would.</summary>
    private async Task PublishAsync()
    {
        for (var number = 0; number < Events; number++)
        {
            var data = string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"id":"e{{number}}","source":"other","type":"com.dapr.event.sent","specversion":"1.0","datacontenttype":"application/json","data":{"number":{{number}} } }""");
            await door.Streams.StreamAddAsync(TopicOf(number), "data", data);
            Test.ThrowIfCancellationRequested();
        }
    }
}
