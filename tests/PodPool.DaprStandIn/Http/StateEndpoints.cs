using System.Text.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using PodPool.DaprStandIn.Errors;
using PodPool.DaprStandIn.Go;
using PodPool.DaprStandIn.State;

namespace PodPool.DaprStandIn.Http;

/// <summary>State by HTTP: dapr/dapr pkg/api/http/http.go.</summary>
internal sealed class StateEndpoints(StateApi state)
{
    public async Task GetAsync(HttpCall call, string storeName, string key)
    {
        var store = state.Store(storeName);
        if (await StateApi.GetAsync(store, key, Enter(store, key), call.Metadata) is not { } item)
        {
            await Reply.EmptyAsync(call.Context);
            return;
        }

        if (item.ETag is not null)
        {
            // As it is, without the quotes that HTTP wants.
            call.Context.Response.Headers.ETag = item.ETag;
        }

        foreach (var (name, value) in item.Metadata)
        {
            call.Context.Response.Headers["metadata." + name] = value;
        }

        await Reply.DataAsync(call.Context, 200, item.Value);
    }

    public async Task SaveAsync(HttpCall call, string storeName)
    {
        var store = state.Store(storeName);
        List<SetItem> items = [];
        try
        {
            foreach (var element in Elements(GoJson.Parse(await call.ReadBodyAsync())))
            {
                var request = new GoObject(element, "state.SetRequest");
                items.Add(new(request.Text("key") ?? "", Value(request["value"]), request.Text("etag"), request.Map("metadata") ?? [], Options(request)));
            }
        }
        catch (FormatException exception)
        {
            throw new DaprException(StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", exception.Message);
        }

        if (items.Any(item => item.Key.Length == 0))
        {
            throw new DaprException(StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", "\"key\" is a required field");
        }

        if (items.Count > 0)
        {
            await StateApi.SaveAsync(store, [.. items.Select(item => item with { Key = Enter(store, item.Key), Metadata = Merged(item.Metadata, call.Metadata) })]);
        }

        await Reply.EmptyAsync(call.Context);
    }

    public async Task DeleteAsync(HttpCall call, string storeName, string key)
    {
        var store = state.Store(storeName);
        var etag = call.Context.Request.Headers.IfMatch is [var given, ..] ? given : null;
        await StateApi.DeleteAsync(store, key, new(Enter(store, key), etag, call.Metadata, new(call.Query["concurrency"] ?? "", call.Query["consistency"] ?? "")));
        await Reply.EmptyAsync(call.Context);
    }

    public async Task GetAllAsync(HttpCall call, string storeName)
    {
        var store = state.Store(storeName);
        List<string> keys;
        Dictionary<string, string> metadata;
        try
        {
            var request = new GoObject(GoJson.Parse(await call.ReadBodyAsync()), "http.BulkGetRequest");
            keys = [.. request.List("keys").Select(key => key.ValueKind == JsonValueKind.String ? key.GetString()! : throw new FormatException("json: cannot unmarshal into Go struct field BulkGetRequest.keys of type string"))];
            metadata = Merged(request.Map("metadata") ?? [], call.Metadata);
            _ = request.Number("parallelism");
        }
        catch (FormatException exception)
        {
            throw OtherErrors.Malformed(exception.Message);
        }

        var items = await StateApi.GetAsync(store, [.. keys.Select(key => Enter(store, key))], metadata);
        if (items.Any(item => item.Item is { Value.Length: > 0 } && !GoJson.IsValid(item.Item.Value)))
        {
            // What gRPC saved need not be JSON. Go's Encoder then writes nothing, and the answer is empty.
            await Reply.DataAsync(call.Context, 200, default);
            return;
        }

        await Reply.JsonAsync(call.Context, new JsonArray([.. items.Select(Found)]));
    }

    public async Task RunAsync(HttpCall call, string storeName)
    {
        var store = state.Store(storeName);
        List<StateOperation> operations = [];
        try
        {
            var request = new GoObject(GoJson.Parse(await call.ReadBodyAsync()), "http.stateTransactionRequestBody");
            foreach (var element in request.List("operations"))
            {
                var operation = new GoObject(element, "http.stateTransactionRequestBodyOperation");
                var item = TransactionItem.Read(operation["request"]);
                var metadata = Merged(item.Metadata, call.Metadata);
                operations.Add(operation.Text("operation") switch
                {
                    "upsert" => new SetItem(Enter(store, item.Key), Value(item.Value), item.ETag, metadata, item.Options),
                    "delete" => new DeleteItem(Enter(store, item.Key), item.ETag, metadata, item.Options),
                    var unknown => throw StateErrors.Operation(unknown ?? ""),
                });
            }
        }
        catch (FormatException exception)
        {
            throw OtherErrors.Malformed(exception.Message);
        }

        if (operations.Count > 0)
        {
            await StateApi.RunAsync(store, operations);
        }

        await Reply.EmptyAsync(call.Context);
    }

    public async Task QueryAsync(HttpCall call, string storeName)
        => throw state.Query(storeName, System.Text.Encoding.UTF8.GetString(await call.ReadBodyAsync()), call.Metadata);

    private static JsonElement[] Elements(JsonElement body) => body.ValueKind switch
    {
        JsonValueKind.Array => [.. body.EnumerateArray()],
        JsonValueKind.Null => [],
        _ => throw new FormatException("json: cannot unmarshal object into Go value of type []state.SetRequest"),
    };

    private static string Enter(RedisStateStore store, string key)
    {
        try
        {
            return store.Prefix.Enter(key);
        }
        catch (FormatException exception)
        {
            throw StateErrors.IllegalKey(store.Name, key, exception.Message);
        }
    }

    private static byte[] Value(JsonElement? value) => value is { } given ? GoJson.Write(given, lossy: true) : "null"u8.ToArray();

    private static StateOptions Options(GoObject request)
    {
        var options = request.Object("options", "state.SetStateOption");
        return new(options.Text("concurrency") ?? "", options.Text("consistency") ?? "");
    }

    private static JsonNode Found((string Key, FoundItem? Item, string Error) found)
    {
        var item = new JsonObject { ["key"] = found.Key };
        if (found.Error.Length > 0)
        {
            item["error"] = found.Error;
        }
        else if (found.Item is { } there)
        {
            if (there.Value.Length > 0)
            {
                item["data"] = JsonNode.Parse(there.Value);
            }

            if (there.ETag is not null)
            {
                item["etag"] = there.ETag;
            }

            if (there.Metadata.Count > 0)
            {
                item["metadata"] = Reply.Map(there.Metadata);
            }
        }

        return item;
    }

    /// <summary>What is in the query comes before what is in the body.</summary>
    private static Dictionary<string, string> Merged(IReadOnlyDictionary<string, string> body, Dictionary<string, string> query)
    {
        var merged = body.ToDictionary();
        foreach (var (name, value) in query)
        {
            merged[name] = value;
        }

        return merged;
    }
}
