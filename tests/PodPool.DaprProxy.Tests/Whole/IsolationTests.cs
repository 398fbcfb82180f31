using System.Net;
using System.Text;
using System.Text.Json;
using CsCheck;
using Dapr.Client;
using Grpc.Core;
using PodPool.Contracts.V1;
using PodPool.DaprProxy.Tests.State;

namespace PodPool.DaprProxy.Tests.Whole;

/// <summary>No function ever sees, changes or deletes what is another's, whatever it does with a store that both use.</summary>
public sealed class IsolationTests(DoorFixture door) : IClassFixture<DoorFixture>
{
    private static readonly string[] Keys =
    [
        "a", "b", "a/b", "a b", "a+b", "a%2Fb", "f.shop.ann:a", "f.shop.bob:a", "s.shop.till:a", "shop.bob:a", ":a", ".", "..", "../a", "?key=a", "#a", "é\u0301", "\U0001F600", "\"", "\\", "*",
        new('x', 3000), "transaction", "bulk", "query", " a ",
    ];

    /// <summary>One that a function does: which, how, with which keys, in which store's stead.</summary>
    private static readonly Gen<(int Who, Act Act, string[] Keys, bool Http, int Value)> Step = Gen.Select(
        Gen.Int[0, 2], Gen.Enum<Act>(), Gen.OneOf(Gen.OneOf(Keys), OddKeys.Key).Array[1, 3], Gen.Bool, Gen.Int[1, 9]);

    private enum Act
    {
        Save,
        Get,
        Delete,
        Bulk,
        DeleteBulk,
        Transaction,
        Lock,
        Unlock,
    }

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Functions_of_one_store_know_nothing_of_each_other()
    {
        var own = new DaprAccess { StateStores = { new StateStoreAccess { Store = "store" } }, LockStores = { new LockStoreAccess { Store = "locks" } } };
        await CheckAsync([Of("ann", own), Of("ann-bob", own), Of("bob", own)], who => who);
    }

    [Fact]
    public async Task Functions_that_share_know_the_same_and_others_do_not()
    {
        var shared = new DaprAccess
        {
            StateStores = { new StateStoreAccess { Store = "store", Shared = "till" } }, LockStores = { new LockStoreAccess { Store = "locks", Shared = "till" } },
        };
        await CheckAsync([Of("cara", shared), Of("dan", shared), Of("cara", shared, "other")], who => who == 2 ? 1 : 0);
    }

    /// <param name="actors">Who acts.</param>
    /// <param name="spaceOf">Whose keys are the same.</param>
    private async Task CheckAsync(Actor[] actors, Func<int, int> spaceOf)
    {
        var states = new Dictionary<(int Space, string Key), int>();
        var locks = new Dictionary<(int Space, string Key), string>();
        var steps = Step.Array[1_000].Single();
        foreach (var step in steps)
        {
            var actor = actors[step.Who];
            var space = spaceOf(step.Who);
            var keys = step.Keys.Distinct().ToArray();
            var said = $"{actor.Name} {step.Act} {JsonSerializer.Serialize(keys)} {(step.Http ? "HTTP" : "gRPC")}";
            switch (step.Act)
            {
                case Act.Save:
                    if (await SaveAsync(actor, keys[0], step.Value, step.Http, said))
                    {
                        states[(space, keys[0])] = step.Value;
                    }

                    break;
                case Act.Get:
                    Assert.Equal((said, states.GetValueOrDefault((space, keys[0]))), (said, await GetAsync(actor, keys[0], step.Http)));
                    break;
                case Act.Delete:
                    if (await DeleteAsync(actor, keys[0], step.Http))
                    {
                        states.Remove((space, keys[0]));
                    }

                    break;
                case Act.Bulk when !keys.Any(IsRefused):
                    var items = await BulkAsync(actor, keys, step.Http);
                    Assert.Equal((said, keys.Order(StringComparer.Ordinal)), (said, items.Keys.Order(StringComparer.Ordinal)), Same);
                    Assert.All(items, item => Assert.Equal((said, states.GetValueOrDefault((space, item.Key))), (said, item.Value)));
                    break;
                case Act.DeleteBulk when !keys.Any(IsRefused):
                    await actor.Client.DeleteBulkStateAsync("store", [.. keys.Select(key => new BulkDeleteStateItem(key, null!))], Test);
                    Array.ForEach(keys, key => states.Remove((space, key)));
                    break;
                case Act.Transaction when !keys.Any(IsRefused):
                    await TransactAsync(actor, keys, step.Value, step.Http, said);
                    states[(space, keys[0])] = step.Value;
                    keys.Skip(1).ToList().ForEach(key => states.Remove((space, key)));
                    break;
                case Act.Lock when !IsRefused(keys[0]):
                    Assert.Equal((said, locks.TryAdd((space, keys[0]), actor.Name)), (said, await LockAsync(actor, keys[0], step.Http)));
                    break;
                case Act.Unlock when !IsRefused(keys[0]):
                    var expected = !locks.TryGetValue((space, keys[0]), out var holder) ? 1 : holder == actor.Name ? 0 : 2;
                    Assert.Equal((said, expected), (said, await UnlockAsync(actor, keys[0], step.Http)));
                    if (expected == 0)
                    {
                        locks.Remove((space, keys[0]));
                    }

                    break;
            }
        }

        // At the end every function sees what is its own, and that alone.
        for (var who = 0; who < actors.Length; who++)
        {
            var used = steps.SelectMany(step => step.Keys).Distinct().Where(key => !IsRefused(key)).ToArray();
            foreach (var (key, value) in await BulkAsync(actors[who], used, http: who == 0))
            {
                Assert.Equal((actors[who].Name, key, states.GetValueOrDefault((spaceOf(who), key))), (actors[who].Name, key, value));
            }
        }
    }

    private Actor Of(string name, DaprAccess access, string @namespace = "shop")
    {
        door.Manager.Function(name, access, @namespace);
        var token = door.Manager.Instance(name, @namespace);
        return new($"{@namespace}/{name}", door.Client(token), token);
    }

    /// <summary>daprd refuses keys with its own separator in them, and the door those that are empty.</summary>
    private static bool IsRefused(string key) => key.Length == 0 || key.Contains("||", StringComparison.Ordinal);

    /// <summary>In paths, the door knows no segments that are dots alone, and the server in it no zeros.</summary>
    private static bool IsNoPath(string key) => key is "." or ".." || key.Contains('\0', StringComparison.Ordinal);

    private async Task<bool> SaveAsync(Actor actor, string key, int value, bool http, string said)
    {
        if (http)
        {
            var (status, body) = await SendAsync(actor, "POST", "/v1.0/state/store", new[] { new { key, value } });
            Assert.True(status == (IsRefused(key) ? 400 : 204), $"{said}: {status} {body}");
            return status == 204;
        }

        return await DoneAsync(() => actor.Client.SaveStateAsync("store", key, value, cancellationToken: Test), key);
    }

    private async Task<int> GetAsync(Actor actor, string key, bool http)
    {
        if (http)
        {
            var (status, body) = await SendAsync(actor, "GET", $"/v1.0/state/store/{Uri.EscapeDataString(key)}");
            return status == 200 ? int.Parse(body, System.Globalization.CultureInfo.InvariantCulture) : IsNoPath(key) ? await GetAsync(actor, key, http: false) : 0;
        }

        var found = 0;
        await DoneAsync(async () => found = await actor.Client.GetStateAsync<int>("store", key, cancellationToken: Test), key);
        return found;
    }

    private async Task<bool> DeleteAsync(Actor actor, string key, bool http)
    {
        if (http)
        {
            var (status, body) = await SendAsync(actor, "DELETE", $"/v1.0/state/store/{Uri.EscapeDataString(key)}");
            Assert.True(status == 204 || IsRefused(key) || IsNoPath(key), $"{key}: {status} {body}");
            return status == 204;
        }

        return await DoneAsync(() => actor.Client.DeleteStateAsync("store", key, cancellationToken: Test), key);
    }

    private async Task<Dictionary<string, int>> BulkAsync(Actor actor, string[] keys, bool http)
    {
        if (http)
        {
            var (status, body) = await SendAsync(actor, "POST", "/v1.0/state/store/bulk", new { keys });
            Assert.True(status == 200, $"{status} {body}");
            return JsonElement.Parse(body).EnumerateArray().ToDictionary(
                item => item.GetProperty("key").GetString()!, item => item.TryGetProperty("data", out var data) ? data.GetInt32() : 0);
        }

        var items = await actor.Client.GetBulkStateAsync("store", keys, parallelism: null, cancellationToken: Test);
        return items.ToDictionary(item => item.Key, item => item.Value.Length == 0 ? 0 : int.Parse(item.Value, System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Saves the first and deletes the rest.</summary>
    private async Task TransactAsync(Actor actor, string[] keys, int value, bool http, string said)
    {
        if (http)
        {
            var operations = keys.Select((key, i) => i == 0 ? (object)new { operation = "upsert", request = new { key, value } } : new { operation = "delete", request = new { key } });
            var (status, body) = await SendAsync(actor, "POST", "/v1.0/state/store/transaction", new { operations });
            Assert.True(status == 204, $"{said}: {status} {body}");
            return;
        }

        await actor.Client.ExecuteStateTransactionAsync(
            "store",
            [.. keys.Select((key, i) => new StateTransactionRequest(key, i == 0 ? JsonSerializer.SerializeToUtf8Bytes(value) : null, i == 0 ? StateOperationType.Upsert : StateOperationType.Delete))],
            cancellationToken: Test);
    }

#pragma warning disable DAPR_DISTRIBUTEDLOCK, CS0618
    private async Task<bool> LockAsync(Actor actor, string id, bool http)
    {
        if (http)
        {
            var (status, body) = await SendAsync(actor, "POST", "/v1.0-alpha1/lock/locks", new { resourceId = id, lockOwner = actor.Name, expiryInSeconds = 300 });
            Assert.True(status == 200, $"{status} {body}");
            return JsonElement.Parse(body).TryGetProperty("success", out var success) && success.GetBoolean();
        }

        return (await actor.Client.Lock("locks", id, actor.Name, 300, Test)).Success;
    }

    /// <returns>0: done, 1: nobody held it, 2: somebody else does.</returns>
    private async Task<int> UnlockAsync(Actor actor, string id, bool http)
    {
        if (http)
        {
            var (status, body) = await SendAsync(actor, "POST", "/v1.0-alpha1/unlock/locks", new { resourceId = id, lockOwner = actor.Name });
            Assert.True(status == 200, $"{status} {body}");
            return JsonElement.Parse(body).TryGetProperty("status", out var said) ? said.GetInt32() : 0;
        }

        return (await actor.Client.Unlock("locks", id, actor.Name, Test)).status switch
        {
            LockStatus.Success => 0,
            LockStatus.LockDoesNotExist => 1,
            LockStatus.LockBelongsToOthers => 2,
            var other => throw new InvalidOperationException(other.ToString()),
        };
    }
#pragma warning restore DAPR_DISTRIBUTEDLOCK, CS0618

    private async Task<(int Status, string Body)> SendAsync(Actor actor, string method, string target, object? body = null)
        => await door.SendAsync(method, target, actor.Token, body is null ? null : JsonSerializer.Serialize(body));

    /// <returns>False: it was refused, as it had to be.</returns>
    private static async Task<bool> DoneAsync(Func<Task> call, string key)
    {
        try
        {
            await call();
            Assert.False(IsRefused(key), $"'{key}' passed");
            return true;
        }
        catch (Exception exception) when (IsRefused(key) && (exception is Dapr.DaprException { InnerException: RpcException } or ArgumentException))
        {
            return false;
        }
    }

    private static bool Same((string, IOrderedEnumerable<string>) one, (string, IOrderedEnumerable<string>) other) => one.Item1 == other.Item1 && one.Item2.SequenceEqual(other.Item2);

    /// <summary>A function with an instance.</summary>
    private sealed record Actor(string Name, DaprClient Client, string Token);
}
