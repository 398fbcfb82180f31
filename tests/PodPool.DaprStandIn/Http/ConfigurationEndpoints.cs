using System.Text;
using System.Text.Json.Nodes;
using PodPool.DaprStandIn.Apps;
using PodPool.DaprStandIn.Configuration;
using PodPool.DaprStandIn.Errors;

namespace PodPool.DaprStandIn.Http;

/// <summary>Configuration by HTTP: dapr/dapr pkg/api/http/http.go. Changes are posted to the application, for each key by itself.</summary>
internal sealed class ConfigurationEndpoints(ConfigurationApi configuration, IApp? app)
{
    public async Task GetAsync(HttpCall call, string store)
    {
        // Names of the query mean something in one case only: none that is "key" is all keys.
        var items = await configuration.GetAsync(store, call.Query.All("key"));
        await (items.Count == 0 ? Reply.EmptyAsync(call.Context) : Reply.JsonAsync(call.Context, Items(items)));
    }

    public async Task SubscribeAsync(HttpCall call, string storeName)
    {
        var store = configuration.Store(storeName);
        if (app is null)
        {
            throw OtherErrors.AppChannelNil();
        }

        var id = await store.SubscribeAsync(call.Query.All("key"), change => TellAsync(storeName, change));
        await Reply.JsonAsync(call.Context, new JsonObject { ["id"] = id });
    }

    public async Task UnsubscribeAsync(HttpCall call, string storeName, string id)
    {
        if (await configuration.Store(storeName).UnsubscribeAsync(id))
        {
            await Reply.JsonAsync(call.Context, new JsonObject { ["ok"] = true });
        }
        else
        {
            await Reply.JsonAsync(call.Context, new JsonObject { ["message"] = $"failed to unsubscribe to configuration request {id}: subscription with id {id} does not exist" }, 500);
        }
    }

    private async Task TellAsync(string storeName, ConfigurationChange change)
    {
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["id"] = change.SubscriptionId, ["items"] = Items(change.Items) }.ToJsonString() + "\n");
        foreach (var key in change.Items.Keys)
        {
            using var answer = await app!.InvokeAsync(new("POST", $"configuration/{storeName}/{key}", "", [], "application/json", new MemoryStream(body)), CancellationToken.None);
            if (answer.IsHttp && answer.Status != 200)
            {
                throw new AppException($"error sending configuration item to application, status {answer.Status}");
            }
        }
    }

    private static JsonObject Items(IReadOnlyDictionary<string, ConfigurationValue> items)
        => new(items.OrderBy(item => item.Key, StringComparer.Ordinal).Select(item =>
        {
            var json = new JsonObject();
            if (item.Value.Value.Length > 0)
            {
                json["value"] = item.Value.Value;
            }

            if (item.Value.Version.Length > 0)
            {
                json["version"] = item.Value.Version;
            }

            return KeyValuePair.Create(item.Key, (JsonNode?)json);
        }));
}
