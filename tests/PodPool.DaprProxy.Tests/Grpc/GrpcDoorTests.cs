using System.Collections.Immutable;
using CsCheck;
using Dapr;
using Dapr.Client;
using Grpc.Core;
using PodPool.Contracts.V1;
using PodPool.DaprProxy.Tests.Callers;
using PodPool.DaprProxy.Tests.State;

namespace PodPool.DaprProxy.Tests.Grpc;

/// <summary>Dapr's own client through the door: it finds a sidecar of its own.</summary>
public sealed class GrpcDoorTests : IAsyncLifetime
{
    private static readonly DaprAccess Access = new()
    {
        StateStores = { new StateStoreAccess { Store = "store" } },
        PubSubs = { new PubSubAccess { PubSub = "bus", Topics = { "orders" } } },
    };

    private GrpcDoorUnderTest _door = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _door = await GrpcDoorUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _door.DisposeAsync();

    [Fact]
    public async Task State_is_saved_read_and_deleted_under_the_functions_own_keys()
    {
        var client = _door.ClientOf("cart", Access);
        await client.SaveStateAsync("store", "a", 5, cancellationToken: Cancelled);
        Assert.Equal(["f.shop.cart:a"], _door.Daprd.Stored.Keys);
        Assert.Equal(5, await client.GetStateAsync<int>("store", "a", cancellationToken: Cancelled));
        var bulk = await client.GetBulkStateAsync("store", ["a", "b"], 2, cancellationToken: Cancelled);
        Assert.Equal(["a", "b"], bulk.Select(item => item.Key));
        await client.ExecuteStateTransactionAsync("store", [new("c", "6"u8.ToArray(), StateOperationType.Upsert), new("a", [], StateOperationType.Delete)], cancellationToken: Cancelled);
        Assert.Equal(["f.shop.cart:c"], _door.Daprd.Stored.Keys);
        await client.DeleteStateAsync("store", "c", cancellationToken: Cancelled);
        Assert.Empty(_door.Daprd.Stored);
    }

    [Fact]
    public async Task Whatever_two_functions_do_neither_sees_the_others()
    {
        var one = _door.ClientOf("cart", Access);
        var other = _door.ClientOf("till", Access);
        var operation = Gen.Select(Gen.Bool, Gen.Int[0, 5], OddKeys.Key.Where(key => !key.Contains('\0')), Gen.Int[0, 99]);
        await operation.Array[1, 12].SampleAsync(
            async operations =>
            {
                _door.Daprd.Stored.Clear();
                var known = new[] { ImmutableDictionary<string, int>.Empty, ImmutableDictionary<string, int>.Empty };
                foreach (var (first, kind, key, value) in operations)
                {
                    var (client, who) = first ? (one, 0) : (other, 1);
                    switch (kind)
                    {
                        case 0 or 1:
                            await client.SaveStateAsync("store", key, value, cancellationToken: Cancelled);
                            known[who] = known[who].SetItem(key, value);
                            break;
                        case 2:
                            await client.DeleteStateAsync("store", key, cancellationToken: Cancelled);
                            known[who] = known[who].Remove(key);
                            break;
                        case 3:
                            Assert.Equal(known[who].GetValueOrDefault(key), await client.GetStateAsync<int>("store", key, cancellationToken: Cancelled));
                            break;
                        case 4:
                            var found = await client.QueryStateAsync<int>("store", "{}", cancellationToken: Cancelled);
                            Assert.Equal(known[who], found.Results.ToImmutableDictionary(item => item.Key, item => item.Data));
                            break;
                        default:
                            await client.ExecuteStateTransactionAsync("store", [new(key, System.Text.Encoding.UTF8.GetBytes($"{value}"), StateOperationType.Upsert)], cancellationToken: Cancelled);
                            known[who] = known[who].SetItem(key, value);
                            break;
                    }
                }
            },
            iter: 60, threads: 1);
    }

    [Fact]
    public async Task What_was_not_granted_does_not_reach_daprd()
    {
        var client = _door.ClientOf("cart", Access);
        await RefusedAsync(StatusCode.InvalidArgument, "state store other is not found", () => client.GetStateAsync<int>("other", "a", cancellationToken: Cancelled));
        await RefusedAsync(StatusCode.PermissionDenied, "topic payments is not allowed", () => client.PublishEventAsync("bus", "payments", cancellationToken: Cancelled));
        await RefusedAsync(StatusCode.InvalidArgument, "spec.dapr.secretStores", () => client.GetSecretAsync("vault", "x", cancellationToken: Cancelled));
        Assert.Empty(_door.Daprd.Arrived);
        await client.PublishEventAsync("bus", "orders", cancellationToken: Cancelled);
        Assert.Equal("daprd's own", Assert.Single(_door.Daprd.Arrived).Headers.GetValue("dapr-api-token"));
    }

    [Fact]
    public async Task Who_has_no_token_or_anothers_reaches_nothing()
    {
        _door.ClientOf("cart", Access);
        using var stranger = new TestCallers();
        foreach (var token in new[] { null, "wrong", stranger.Add(_door.Callers.Find("pod-of-cart")!) })
        {
            await RefusedAsync(StatusCode.Unauthenticated, "invalid api token", () => _door.Client(token).GetStateAsync<int>("store", "a", cancellationToken: Cancelled));
        }

        Assert.Empty(_door.Daprd.Arrived);
    }

    [Fact]
    public async Task What_daprd_refuses_is_refused_in_its_own_words()
    {
        _door.Daprd.Fault = new(new Status(StatusCode.Aborted, "etag mismatch"), new Metadata { { "grpc-status-details-bin", [1, 2, 3] } });
        var client = _door.ClientOf("cart", Access);
        var fault = await RefusedAsync(StatusCode.Aborted, "etag mismatch", () => client.SaveStateAsync("store", "a", 5, cancellationToken: Cancelled));
        Assert.Equal([1, 2, 3], fault.Trailers.GetValueBytes("grpc-status-details-bin"));
    }

    [Fact]
    public async Task Without_daprd_the_answer_is_UNAVAILABLE_at_once()
    {
        var client = _door.ClientOf("cart", Access);
        await _door.StopDaprdAsync();
        await RefusedAsync(StatusCode.Unavailable, "daprd cannot be reached", () => client.GetStateAsync<int>("store", "a", cancellationToken: Cancelled));
    }

    [Fact]
    public async Task A_caller_that_leaves_frees_its_place()
    {
        var client = _door.ClientOf("cart", Access);
        _door.Daprd.Go = new TaskCompletionSource().Task;
        for (var i = 0; i < 2 * GrpcDoorUnderTest.MaxInFlight; i++)
        {
            using var leaving = new CancellationTokenSource();
            var call = client.GetStateAsync<int>("store", "a", cancellationToken: leaving.Token);
            await Until(() => _door.Daprd.Arrived.Count > i);
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => call);
        }
    }

    [Fact]
    public async Task Metadata_tells_of_the_functions_own()
    {
        var metadata = await _door.ClientOf("cart", Access).GetMetadataAsync(Cancelled);
        Assert.Equal(("cart.shop", "store"), (metadata.Id, Assert.Single(metadata.Components).Name));
    }

    private static async Task<RpcException> RefusedAsync(StatusCode code, string message, Func<Task> call)
    {
        var thrown = await Assert.ThrowsAnyAsync<Exception>(call);
        var fault = thrown as RpcException ?? Assert.IsType<RpcException>(Assert.IsType<DaprException>(thrown).InnerException);
        Assert.Equal(code, fault.StatusCode);
        Assert.Contains(message, fault.Status.Detail, StringComparison.Ordinal);
        return fault;
    }

    private static async Task Until(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Yield();
            Cancelled.ThrowIfCancellationRequested();
        }
    }
}
