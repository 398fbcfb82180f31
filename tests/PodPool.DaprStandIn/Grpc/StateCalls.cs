using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using PodPool.DaprStandIn.Errors;
using PodPool.DaprStandIn.State;

namespace PodPool.DaprStandIn.Grpc;

/// <summary>State by gRPC: dapr/dapr pkg/api/grpc/grpc.go. Values are bytes, stored as they are.</summary>
/// <remarks>A key with the separator of prefixes is no error of gRPC's there: it gets the code UNKNOWN, by HTTP it is the caller's fault.</remarks>
internal sealed class StateCalls(StateApi state)
{
    public async Task<GetStateResponse> GetAsync(GetStateRequest request)
    {
        var store = state.Store(request.StoreName);
        return await StateApi.GetAsync(store, request.Key, store.Prefix.Enter(request.Key), request.Metadata) is not { } item ? new()
            : new() { Data = ByteString.CopyFrom(item.Value), Etag = item.ETag ?? "", Metadata = { item.Metadata.ToDictionary() } };
    }

    public async Task<GetBulkStateResponse> GetAsync(GetBulkStateRequest request)
    {
        var store = state.Store(request.StoreName);
        var items = await StateApi.GetAsync(store, [.. request.Keys.Select(store.Prefix.Enter)], request.Metadata);
        return new()
        {
            Items =
            {
                items.Select(found => new BulkStateItem
                {
                    Key = found.Key, Data = found.Item is null ? ByteString.Empty : ByteString.CopyFrom(found.Item.Value), Etag = found.Item?.ETag ?? "",
                    Error = found.Error, Metadata = { (found.Item?.Metadata ?? new Dictionary<string, string>()).ToDictionary() },
                }),
            },
        };
    }

    public async Task<Empty> SaveAsync(SaveStateRequest request)
    {
        var store = state.Store(request.StoreName);
        if (request.States.Any(item => item.Key.Length == 0))
        {
            throw new DaprException(StatusCode.InvalidArgument, 400, "ERR_STATE_SAVE", "state key cannot be empty");
        }

        List<SetItem> items = [.. request.States.Select(item => Set(store, item))];
        if (items.Count > 0)
        {
            await StateApi.SaveAsync(store, items);
        }

        return new();
    }

    public async Task<Empty> DeleteAsync(DeleteStateRequest request)
    {
        var store = state.Store(request.StoreName);
        await StateApi.DeleteAsync(store, request.Key, new(store.Prefix.Enter(request.Key), request.Etag?.Value, request.Metadata, Options(request.Options)));
        return new();
    }

    public async Task<Empty> DeleteAsync(DeleteBulkStateRequest request)
    {
        var store = state.Store(request.StoreName);
        await StateApi.DeleteAsync(store, [.. request.States.Select(item => Delete(store, item))]);
        return new();
    }

    public async Task<Empty> RunAsync(ExecuteStateTransactionRequest request)
    {
        var store = state.Store(request.StoreName);
        List<StateOperation> operations = [.. request.Operations.Select(operation => (StateOperation)(operation.OperationType switch
        {
            "upsert" => Set(store, operation.Request ?? new()),
            "delete" => Delete(store, operation.Request ?? new()),
            var unknown => throw StateErrors.Operation(unknown),
        }))];
        await StateApi.RunAsync(store, operations);
        return new();
    }

    public Task<QueryStateResponse> Query(QueryStateRequest request) => throw state.Query(request.StoreName, request.Query, request.Metadata);

    private static SetItem Set(RedisStateStore store, StateItem item)
        => new(store.Prefix.Enter(item.Key), item.Value.ToByteArray(), item.Etag?.Value, item.Metadata, Options(item.Options));

    private static DeleteItem Delete(RedisStateStore store, StateItem item)
        => new(store.Prefix.Enter(item.Key), item.Etag?.Value, item.Metadata, Options(item.Options));

    private static State.StateOptions Options(Dapr.Client.Autogen.Grpc.v1.StateOptions? options) => options is null ? State.StateOptions.None : new(
        options.Concurrency switch
        {
            Dapr.Client.Autogen.Grpc.v1.StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite => "first-write",
            Dapr.Client.Autogen.Grpc.v1.StateOptions.Types.StateConcurrency.ConcurrencyLastWrite => "last-write",
            _ => "",
        },
        options.Consistency switch
        {
            Dapr.Client.Autogen.Grpc.v1.StateOptions.Types.StateConsistency.ConsistencyEventual => "eventual",
            Dapr.Client.Autogen.Grpc.v1.StateOptions.Types.StateConsistency.ConsistencyStrong => "strong",
            _ => "",
        });
}
