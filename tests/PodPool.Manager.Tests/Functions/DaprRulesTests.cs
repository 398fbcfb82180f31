using PodPool.Contracts.V1;
using PodPool.Manager.Functions;

namespace PodPool.Manager.Tests.Functions;

/// <summary>What of Dapr may be asked for.</summary>
public sealed class DaprRulesTests
{
    [Fact]
    public void All_of_it_may_be()
        => Assert.Null(DaprRules.ProblemOf(
            new()
            {
                StateStores = { new StateStoreAccess { Store = "state.store_1", Shared = "orders" } },
                PubSubs = { new PubSubAccess { PubSub = "bus", Topics = { "orders/new", "größe" } } },
                Bindings = { "mail" },
                SecretStores = { new SecretStoreAccess { Store = "vault", Secrets = { "a b" } } },
                ConfigurationStores = { new ConfigurationStoreAccess { Store = "settings", Keys = { "k" } } },
                LockStores = { new LockStoreAccess { Store = "locks" } },
                Invoke = { "cart.shop", "legacy-app" },
                Subscriptions = { new DaprSubscription { PubSub = "bus", Topic = "orders", Rules = { new EventRule { Match = "event.type == 'a'", Path = "/a" } }, Path = "/b?c=d", DeadLetterTopic = "dead" } },
                InputBindings = { new DaprInputBinding { Name = "tick", Path = "/tick" } },
            },
            new() { ["A"] = "b" }));

    [Fact]
    public void Dead_letters_may_be_taken_but_not_in_a_circle()
    {
        static DaprSubscription Buries(string topic, string deadLetter, string pubSub = "a") => new() { PubSub = pubSub, Topic = topic, DeadLetterTopic = deadLetter };
        Assert.Null(DaprRules.ProblemOf(new() { Subscriptions = { Buries("t", "u"), Buries("u", "v"), Buries("v", ""), Buries("w", "u") } }, []));
        Assert.Null(DaprRules.ProblemOf(new() { Subscriptions = { Buries("t", "u"), Buries("u", "t", "b") } }, []));
        Refused(new() { Subscriptions = { Buries("t", "t") } }, "dapr.subscriptions[a/t].deadLetterTopic: 't' leads back to 't'");
        Refused(new() { Subscriptions = { Buries("in", "t"), Buries("t", "u"), Buries("u", "v"), Buries("v", "t") } }, "dapr.subscriptions[a/t].deadLetterTopic: 'u' leads back to 't'");
    }

    [Theory]
    [InlineData(0, 1, "dapr.subscriptions[a/t].bulk.maxMessages is 0; 1 to 1000 are allowed")]
    [InlineData(1001, 1, "dapr.subscriptions[a/t].bulk.maxMessages is 1001; 1 to 1000 are allowed")]
    [InlineData(1, 0, "dapr.subscriptions[a/t].bulk.maxAwaitMilliseconds is 0; 1 to 60000 are allowed")]
    [InlineData(1, 60_001, "dapr.subscriptions[a/t].bulk.maxAwaitMilliseconds is 60001; 1 to 60000 are allowed")]
    public void How_events_come_together_has_limits(int messages, int milliseconds, string problem)
        => Refused(new() { Subscriptions = { new DaprSubscription { PubSub = "a", Topic = "t", Bulk = new() { MaxMessages = messages, MaxAwaitMilliseconds = milliseconds } } } }, problem);

    [Fact]
    public void What_may_not_be_is_named()
    {
        Refused(new() { StateStores = { new StateStoreAccess { Store = "a%2fb" } } }, "dapr.stateStores: 'a%2fb'");
        Refused(new() { StateStores = { new StateStoreAccess { Store = "" } } }, "dapr.stateStores: ''");
        Refused(new() { StateStores = { new StateStoreAccess { Store = "a" }, new StateStoreAccess { Store = "a", Shared = "b" } } }, "names 'a' twice");
        Refused(new() { LockStores = { new LockStoreAccess { Store = "a", Shared = "B" } } }, "dapr.lockStores[a].shared is 'B'");
        Refused(new() { PubSubs = { new PubSubAccess { PubSub = "a", Topics = { "" } } } }, "dapr.pubSubs[a].topics: ''");
        Refused(new() { Bindings = { new string('a', 256) } }, "dapr.bindings");
        Refused(new() { SecretStores = { new SecretStoreAccess { Store = "a", Secrets = { "b\nc" } } } }, "dapr.secretStores[a].secrets");
        Refused(new() { ConfigurationStores = { new ConfigurationStoreAccess { Store = "a", Keys = { "b", "b" } } } }, "dapr.configurationStores[a].keys names 'b' twice");
        Refused(new() { Invoke = { "a/b" } }, "dapr.invoke: 'a/b'");
        Refused(new() { Subscriptions = { new DaprSubscription { PubSub = "a", Topic = "" } } }, "dapr.subscriptions.topic: ''");
        Refused(new() { Subscriptions = { new DaprSubscription { PubSub = "a", Topic = "t" }, new DaprSubscription { PubSub = "a", Topic = "t", Path = "/x" } } }, "names 'a/t' twice");
        Refused(new() { Subscriptions = { new DaprSubscription { PubSub = "a", Topic = "t", Path = "x" } } }, "dapr.subscriptions[a/t].path: 'x' is no path");
        Refused(new() { Subscriptions = { new DaprSubscription { PubSub = "a", Topic = "t", Path = "/a/../b" } } }, "is no path");
        Refused(new() { Subscriptions = { new DaprSubscription { PubSub = "a", Topic = "t", Path = "/%2e%2E/b" } } }, "is no path");
        Refused(new() { Subscriptions = { new DaprSubscription { PubSub = "a", Topic = "t", Rules = { new EventRule { Match = "event.type ==", Path = "/a" } } } } }, "is no expression in CEL");
        Refused(new() { Subscriptions = { new DaprSubscription { PubSub = "a", Topic = "t", Rules = { new EventRule { Match = "true" } } } } }, "has no path");
        Refused(new() { InputBindings = { new DaprInputBinding { Name = "tick", Path = "tick" } } }, "dapr.inputBindings[tick].path");
        var problem = DaprRules.ProblemOf(new(), new() { ["DAPR_API_TOKEN"] = "mine" });
        Assert.Contains("'DAPR_API_TOKEN'", problem, StringComparison.Ordinal);
    }

    private static void Refused(DaprAccess access, string message) => Assert.Contains(message, DaprRules.ProblemOf(access, []), StringComparison.Ordinal);
}
