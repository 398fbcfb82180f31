using System.Text;
using System.Text.Json.Nodes;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using PodPool.DaprStandIn.Bindings;
using PodPool.DaprStandIn.Errors;
using PodPool.DaprStandIn.Go;
using PodPool.DaprStandIn.Locks;
using PodPool.DaprStandIn.Secrets;

namespace PodPool.DaprStandIn.Http;

/// <summary>Bindings, secrets, locks, health and metadata by HTTP.</summary>
internal sealed class OtherEndpoints(BindingApi bindings, SecretApi secrets, LockApi locks, MetadataApi metadata, RuntimeState state, string appId)
{
    /// <remarks>Locks are read with protobuf's JSON: names in their own case, each once (dapr/dapr pkg/api/http/universal.go).</remarks>
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    public async Task BindAsync(HttpCall call, string name)
    {
        string operation;
        byte[] data;
        Dictionary<string, string> given;
        try
        {
            var request = new GoObject(GoJson.Parse(await call.ReadBodyAsync()), "http.OutputBindingRequest");
            operation = request.Text("operation") ?? "";
            given = request.Map("metadata") ?? [];
            data = request["data"] is { } json ? GoJson.Write(json, lossy: false) : "null"u8.ToArray();
        }
        catch (FormatException exception)
        {
            throw OtherErrors.Malformed(exception.Message);
        }

        var answer = await bindings.InvokeAsync(name, operation, data, given);
        await (answer is null ? Reply.EmptyAsync(call.Context) : Reply.DataAsync(call.Context, 200, answer));
    }

    public Task SecretAsync(HttpCall call, string store, string key) => Reply.JsonAsync(call.Context, Reply.Map(secrets.Get(new() { StoreName = store, Key = key }).Data));

    public Task SecretsAsync(HttpCall call, string store)
        => Reply.JsonAsync(
            call.Context,
            new JsonObject(secrets.GetAll(new() { StoreName = store }).Data.OrderBy(secret => secret.Key, StringComparer.Ordinal).Select(secret => KeyValuePair.Create(secret.Key, (JsonNode?)Reply.Map(secret.Value.Secrets)))));

    public async Task LockAsync(HttpCall call, string store)
    {
        var request = await ReadAsync<TryLockRequest>(call);
        request.StoreName = store;
        await Reply.DataAsync(call.Context, 200, Encoding.UTF8.GetBytes(Formatter.Format(await locks.TryLockAsync(request))));
    }

    /// <remarks>The status is a number here.</remarks>
    public async Task UnlockAsync(HttpCall call, string store)
    {
        var request = await ReadAsync<UnlockRequest>(call);
        request.StoreName = store;
        var answer = await locks.UnlockAsync(request);
        await Reply.DataAsync(call.Context, 200, Encoding.UTF8.GetBytes(new JsonObject { ["status"] = (int)answer.Status }.ToJsonString()));
    }

    public Task HealthAsync(HttpCall call)
        => !state.IsReady ? throw OtherErrors.HealthNotReady()
            : call.Query["appid"] is { } id && id != appId ? throw OtherErrors.AppIdNotMatch()
            : Reply.EmptyAsync(call.Context);

    public Task OutboundHealthAsync(HttpCall call) => state.IsOutboundReady ? Reply.EmptyAsync(call.Context) : throw OtherErrors.OutboundNotReady();

    public Task MetadataAsync(HttpCall call) => Reply.JsonAsync(call.Context, MetadataBody.Of(metadata.Get()));

    public async Task SetMetadataAsync(HttpCall call, string key)
    {
        metadata.Set(key, Encoding.UTF8.GetString(await call.ReadBodyAsync()));
        await Reply.EmptyAsync(call.Context);
    }

    public Task ShutdownAsync(HttpCall call)
    {
        state.Ask();
        return Reply.EmptyAsync(call.Context);
    }

    private static async Task<T> ReadAsync<T>(HttpCall call)
        where T : IMessage, new()
    {
        var body = await call.ReadBodyAsync();
        try
        {
            return body.Length == 0 ? new() : Parser.Parse<T>(Encoding.UTF8.GetString(body));
        }
        catch (Exception exception) when (exception is InvalidJsonException or InvalidProtocolBufferException)
        {
            throw OtherErrors.Malformed(exception.Message);
        }
    }
}
