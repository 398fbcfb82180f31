using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PodPool.DaprStandIn.Errors;
using PodPool.DaprStandIn.Go;
using PodPool.DaprStandIn.PubSub;

namespace PodPool.DaprStandIn.Http;

/// <summary>Publishing by HTTP: dapr/dapr pkg/api/http/http.go.</summary>
internal sealed class PublishEndpoints(PublishApi publish)
{
    public async Task PublishAsync(HttpCall call, string pubSub, string topic)
    {
        var request = call.Context.Request;
        await publish.PublishAsync(pubSub, topic, await call.ReadBodyAsync(), request.ContentType ?? "", request.Headers.TraceParent, call.Metadata);
        await Reply.EmptyAsync(call.Context);
    }

    public async Task PublishAllAsync(HttpCall call, string pubSub, string topic)
    {
        List<BulkEntry> entries = [];
        try
        {
            var body = GoJson.Parse(await call.ReadBodyAsync());
            foreach (var element in body.ValueKind == JsonValueKind.Array ? body.EnumerateArray() : throw new FormatException("json: cannot unmarshal into Go value of type []http.bulkPublishMessageEntry"))
            {
                var entry = new GoObject(element, "http.bulkPublishMessageEntry");
                var type = entry.Text("contentType") ?? "";
                entries.Add(new(entry.Text("entryId") ?? "", Bytes(entry["event"], type) ?? throw PubSubErrors.Envelope(pubSub, topic), type, entry.Map("metadata")));
            }
        }
        catch (FormatException exception)
        {
            throw PubSubErrors.Body(pubSub, topic, exception.Message);
        }

        var failed = await publish.PublishAsync(pubSub, topic, entries, call.Context.Request.Headers.TraceParent, call.Metadata);
        if (failed.Length == 0)
        {
            await Reply.EmptyAsync(call.Context);
            return;
        }

        await Reply.JsonAsync(
            call.Context,
            new JsonObject
            {
                ["failedEntries"] = new JsonArray([.. failed.Select(entry => new JsonObject { ["entryId"] = entry.Id, ["error"] = entry.Why })]),
                ["errorCode"] = "ERR_PUBSUB_PUBLISH_MESSAGE",
            },
            500);
    }

    /// <summary>An event as its type says (dapr/dapr pkg/api/http/util.go); null: it is not what its type says.</summary>
    private static byte[]? Bytes(JsonElement? data, string contentType)
    {
        if (ContentTypes.IsBinary(contentType))
        {
            try
            {
                return data?.ValueKind == JsonValueKind.String ? Convert.FromBase64String(data.Value.GetString()!) : null;
            }
            catch (FormatException)
            {
                return null;
            }
        }

        return ContentTypes.IsText(contentType) ? data?.ValueKind == JsonValueKind.String ? Encoding.UTF8.GetBytes(data.Value.GetString()!) : null
            : !ContentTypes.IsJson(contentType) && !ContentTypes.IsCloudEvent(contentType) ? null
            : data is { } json ? GoJson.Write(json, lossy: false) : "null"u8.ToArray();
    }
}
