using System.Text.Json;
using Dapr;
using Dapr.Client;
using Grpc.Core;
using PodPool.DaprStandIn.Tests.Worlds;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Tests;

/// <summary>State over a real Redis, by Dapr's own client and by plain HTTP.</summary>
public sealed class StateTests(SharedDaprd shared) : DaprTests(shared)
{
    [Fact]
    public async Task What_is_saved_is_a_hash_under_the_applications_own_key()
    {
        await World.Client.SaveStateAsync("store", "saved", new { size = 5 }, cancellationToken: Cancelled);
        Assert.Equal("""{"size":5}""", await Redis.HashGetAsync("app||saved", "data"));
        Assert.Equal("1", await Redis.HashGetAsync("app||saved", "version"));
        var (status, body, response) = await World.SendAsync("GET", "/v1.0/state/store/saved");
        Assert.Equal((200, """{"size":5}""", "1"), (status, body, response.Headers.NonValidated["ETag"].ToString()));
        await World.Client.DeleteStateAsync("store", "saved", cancellationToken: Cancelled);
        Assert.Equal(204, (await World.AskAsync("GET", "/v1.0/state/store/saved")).Status);
    }

    [Theory]
    [InlineData("plain", "prefixed")]
    [InlineData("named", "named||prefixed")]
    [InlineData("fixed", "mine||prefixed")]
    public async Task A_store_puts_before_its_keys_what_it_was_told_to(string store, string key)
    {
        Assert.Equal(204, (await World.AskAsync("POST", $"/v1.0/state/{store}", """[{"key":"prefixed","value":1}]""")).Status);
        Assert.True(await Redis.KeyExistsAsync(key));
    }

    [Fact]
    public async Task An_old_etag_is_a_conflict()
    {
        await World.Client.SaveStateAsync("store", "versioned", 1, cancellationToken: Cancelled);
        var (_, etag) = await World.Client.GetStateAndETagAsync<int>("store", "versioned", cancellationToken: Cancelled);
        Assert.True(await World.Client.TrySaveStateAsync("store", "versioned", 2, etag, cancellationToken: Cancelled));
        Assert.False(await World.Client.TrySaveStateAsync("store", "versioned", 3, etag, cancellationToken: Cancelled));
        Assert.False(await World.Client.TryDeleteStateAsync("store", "versioned", etag, cancellationToken: Cancelled));
        var message = await World.RefusedAsync("POST", "/v1.0/state/store", 409, "ERR_STATE_SAVE", """[{"key":"versioned","value":3,"etag":"1"}]""");
        Assert.StartsWith("failed saving state in state store store: possible etag mismatch. error from state store: ", message, StringComparison.Ordinal);
        await World.RefusedAsync("DELETE", "/v1.0/state/store/versioned", 409, "ERR_STATE_DELETE", null, ("If-Match", "1"));
        await World.RefusedAsync("POST", "/v1.0/state/store", 400, "ERR_STATE_SAVE", """[{"key":"versioned","value":3,"etag":"x"}]""");
        Assert.Equal(2, await World.Client.GetStateAsync<int>("store", "versioned", cancellationToken: Cancelled));
        Assert.Equal(204, (await World.AskAsync("DELETE", "/v1.0/state/store/versioned", null, ("If-Match", "2"))).Status);
    }

    [Fact]
    public async Task Where_the_first_to_write_wins_the_second_does_not()
    {
        var options = new StateOptions { Concurrency = ConcurrencyMode.FirstWrite };
        await World.Client.SaveStateAsync("store", "first", 1, options, cancellationToken: Cancelled);
        var thrown = await Assert.ThrowsAsync<DaprException>(() => World.Client.SaveStateAsync("store", "first", 2, options, cancellationToken: Cancelled));
        Assert.Equal(StatusCode.Internal, Assert.IsType<RpcException>(thrown.InnerException).StatusCode);
        Assert.False(await World.Client.TrySaveStateAsync("store", "first", 2, "7", options, cancellationToken: Cancelled));
        Assert.Equal(1, await World.Client.GetStateAsync<int>("store", "first", cancellationToken: Cancelled));
    }

    [Fact]
    public async Task A_transaction_does_all_and_takes_nothing_back_of_what_failed()
    {
        await World.Client.SaveStateAsync("store", "gone", 1, cancellationToken: Cancelled);
        await World.Client.ExecuteStateTransactionAsync(
            "store", [new("made", "2"u8.ToArray(), StateOperationType.Upsert), new("gone", [], StateOperationType.Delete)], cancellationToken: Cancelled);
        Assert.Equal((2, 0), (await World.Client.GetStateAsync<int>("store", "made", cancellationToken: Cancelled), await World.Client.GetStateAsync<int>("store", "gone", cancellationToken: Cancelled)));

        var message = await World.RefusedAsync(
            "POST", "/v1.0/state/store/transaction", 500, "ERR_STATE_TRANSACTION",
            """{"operations":[{"operation":"upsert","request":{"key":"made","value":3,"etag":"9"}},{"operation":"upsert","request":{"key":"other","value":4}}]}""");
        Assert.StartsWith("error while executing state transaction: ", message, StringComparison.Ordinal);
        Assert.Equal((2, 4), (await World.Client.GetStateAsync<int>("store", "made", cancellationToken: Cancelled), await World.Client.GetStateAsync<int>("store", "other", cancellationToken: Cancelled)));
        await World.RefusedAsync("POST", "/v1.0/state/store/transaction", 400, "ERR_NOT_SUPPORTED_STATE_OPERATION", """{"operations":[{"operation":"increment","request":{"key":"made"}}]}""");
    }

    [Fact]
    public async Task A_field_of_a_transactions_item_is_what_Go_calls_it_before_all_else()
    {
        await World.AskAsync("POST", "/v1.0/state/store/transaction", """{"OPERATIONS":[{"operation":"upsert","request":{"Key":"exact","key":"similar","value":1}}]}""");
        Assert.True(await Redis.KeyExistsAsync("app||exact"));
        Assert.False(await Redis.KeyExistsAsync("app||similar"));
    }

    [Fact]
    public async Task Many_are_read_saved_and_deleted_at_once()
    {
        await World.Client.SaveBulkStateAsync("store", [new SaveStateItem<int>("m1", 1, null!), new SaveStateItem<int>("m2", 2, null!)], Cancelled);
        var items = await World.Client.GetBulkStateAsync("store", ["m1", "m2", "m3"], 2, cancellationToken: Cancelled);
        Assert.Equal([("m1", "1"), ("m2", "2"), ("m3", "")], items.OrderBy(item => item.Key).Select(item => (item.Key, item.Value)));
        var (_, body) = await World.AskAsync("POST", "/v1.0/state/store/bulk", """{"keys":["m1","m3"]}""");
        Assert.Equal("""[{"key":"m1","data":1,"etag":"1"},{"key":"m3"}]""" + "\n", body);
        await World.Client.DeleteBulkStateAsync("store", [new BulkDeleteStateItem("m1", null!), new BulkDeleteStateItem("m2", null!)], Cancelled);
        Assert.Equal(0, await Redis.KeyExistsAsync(["app||m1", "app||m2"]));
    }

    [Fact]
    public async Task What_has_a_time_to_live_says_when_it_will_be_gone()
    {
        await World.Client.SaveStateAsync("store", "brief", 1, metadata: new Dictionary<string, string> { ["ttlInSeconds"] = "100" }, cancellationToken: Cancelled);
        Assert.InRange((await Redis.KeyTimeToLiveAsync("app||brief"))!.Value.TotalSeconds, 50, 100);
        var (_, _, response) = await World.SendAsync("GET", "/v1.0/state/store/brief");
        Assert.EndsWith("Z", response.Headers.NonValidated["metadata.ttlExpireTime"].ToString(), StringComparison.Ordinal);
        await World.AskAsync("POST", "/v1.0/state/store?metadata.ttlInSeconds=-1", """[{"key":"brief","value":1}]""");
        Assert.Null(await Redis.KeyTimeToLiveAsync("app||brief"));
    }

    [Fact]
    public async Task A_key_with_the_separator_of_prefixes_is_refused()
    {
        var (status, body) = await World.AskAsync("GET", "/v1.0/state/store/other%7C%7Ckey");
        Assert.Equal(400, status);
        using var error = JsonDocument.Parse(body);
        Assert.Equal("ERR_MALFORMED_REQUEST", error.RootElement.GetProperty("errorCode").GetString());
        Assert.Equal("input key/keyPrefix 'other||key' can't contain '||'", error.RootElement.GetProperty("message").GetString());
        Assert.Contains(error.RootElement.GetProperty("details").EnumerateArray(), detail => detail.TryGetProperty("reason", out var reason) && reason.GetString() == "DAPR_STATE_ILLEGAL_KEY");
        var thrown = await Assert.ThrowsAsync<DaprException>(() => World.Client.GetStateAsync<int>("store", "other||key", cancellationToken: Cancelled));
        Assert.Equal(StatusCode.Unknown, Assert.IsType<RpcException>(thrown.InnerException).StatusCode);
    }

    [Fact]
    public async Task A_store_that_is_not_there_is_the_callers_fault()
    {
        Assert.Equal("state store other is not found", await World.RefusedAsync("GET", "/v1.0/state/other/a", 400, "ERR_STATE_STORE_NOT_FOUND"));
        var thrown = await Assert.ThrowsAsync<DaprException>(() => World.Client.GetStateAsync<int>("other", "a", cancellationToken: Cancelled));
        var fault = Assert.IsType<RpcException>(thrown.InnerException);
        Assert.Equal((StatusCode.InvalidArgument, "state store other is not found"), (fault.StatusCode, fault.Status.Detail));
        Assert.NotNull(fault.Trailers.GetValueBytes("grpc-status-details-bin"));
    }

    [Fact]
    public async Task Bodies_are_read_as_Go_reads_them()
    {
        // The Kelvin sign folds to a k, and the last of several wins; fractions keep six digits.
        await World.AskAsync("POST", "/v1.0/state/store", """[{"key":"unused","\u212aEY":"read-by-go","value":{"b":1.23456789,"a":1e2}}] and more""");
        Assert.Equal("""{"a":100,"b":1.234568}""", await Redis.HashGetAsync("app||read-by-go", "data"));
        Assert.Equal("\"key\" is a required field", await World.RefusedAsync("POST", "/v1.0/state/store", 400, "ERR_MALFORMED_REQUEST", """[{"value":1}]"""));
        await World.RefusedAsync("POST", "/v1.0/state/store", 400, "ERR_MALFORMED_REQUEST", """[{"key":""");
        await World.RefusedAsync("POST", "/v1.0/state/store", 400, "ERR_MALFORMED_REQUEST", """[{"key":1}]""");
        Assert.False(await Redis.KeyExistsAsync("app||unused"));
    }

    [Fact]
    public async Task Queries_are_not_for_a_Redis_without_search()
        => Assert.Equal("state store store query failed: query index not found", await World.RefusedAsync("POST", "/v1.0-alpha1/state/store/query", 500, "ERR_STATE_QUERY", "{}"));
}
