using System.Text.Json;
using Dapr.Client;
using PodPool.DaprStandIn.Tests.Worlds;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Tests;

/// <summary>What is in the stream after something was published.</summary>
public sealed class PublishTests(SharedDaprd shared) : DaprTests(shared)
{
    [Fact]
    public async Task An_event_is_in_an_envelope()
    {
        const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var (status, _) = await World.AskAsync(
            "POST", "/v1.0/publish/bus/wrapped/a%2Fb?metadata.cloudevent.type=widget&metadata.ttlInSeconds=60&METADATA.x=1", """{"id":1.50}""", ("Content-Type", "application/json"), ("traceparent", Trace));
        Assert.Equal(204, status);
        var envelope = await LastAsync("wrapped/a/b");
        Assert.Equal(
            ["data", "datacontenttype", "expiration", "id", "pubsubname", "source", "specversion", "topic", "traceid", "traceparent", "tracestate", "type"],
            envelope.EnumerateObject().Select(field => field.Name));
        Assert.Equal(("""{"id":1.50}""", "widget", "app", "1.0"), (envelope.GetProperty("data").GetRawText(), Text(envelope, "type"), Text(envelope, "source"), Text(envelope, "specversion")));
        Assert.StartsWith(Trace[..36], Text(envelope, "traceparent"), StringComparison.Ordinal);
        Assert.NotEqual(Trace, Text(envelope, "traceparent"));
        Assert.Equal("""{"cloudevent.type":"widget","ttlInSeconds":"60"}""", (await Redis.StreamRangeAsync("wrapped/a/b"))[^1]["metadata"]);
    }

    [Theory]
    [InlineData(null, "hello", "data", "\"hello\"", "text/plain")]
    [InlineData("application/json", "no json", "data", "\"no json\"", "application/json")]
    [InlineData("application/octet-stream", "hello", "data_base64", "\"aGVsbG8=\"", "application/octet-stream")]
    [InlineData("application/cloudevents+json", """{"id":"7","datacontenttype":"text/x","data":"y","own":true}""", "own", "true", "text/x")]
    public async Task The_type_says_what_becomes_of_the_data(string? type, string body, string field, string value, string dataType)
    {
        var topic = $"typed-{type}";
        await World.AskAsync("POST", $"/v1.0/publish/bus/{Uri.EscapeDataString(topic)}", body, type is null ? [] : [("Content-Type", type)]);
        var envelope = await LastAsync(topic);
        Assert.Equal((value, dataType, topic), (envelope.GetProperty(field).GetRawText(), Text(envelope, "datacontenttype"), Text(envelope, "topic")));
    }

    [Fact]
    public async Task Raw_data_are_what_was_published()
    {
        await World.Client.PublishEventAsync("bus", "raw", new { a = 1 }, new Dictionary<string, string> { ["rawPayload"] = "true" }, Cancelled);
        Assert.Equal("""{"a":1}""", (await Redis.StreamRangeAsync("raw"))[^1]["data"]);
        await World.RefusedAsync("POST", "/v1.0/publish/bus/raw?metadata.rawPayload=perhaps", 400, "ERR_PUBSUB_REQUEST_METADATA", "x");
    }

    [Fact]
    public async Task Many_are_published_at_once()
    {
        var response = await World.Client.BulkPublishEventAsync("bus", "bulk-grpc", (IReadOnlyList<int>)[1, 2, 3], cancellationToken: Cancelled);
        Assert.Empty(response.FailedEntries);
        Assert.Equal(3, await Redis.StreamLengthAsync("bulk-grpc"));
        foreach (var version in new[] { "v1.0", "v1.0-alpha1" })
        {
            var (status, _) = await World.AskAsync(
                "POST", $"/{version}/publish/bulk/bus/bulk-http", """[{"entryId":"1","event":"a","contentType":"text/plain"},{"entryId":"2","event":{"b":1},"contentType":"application/json"}]""");
            Assert.Equal(204, status);
        }

        Assert.Equal(["a", """{"b":1}"""], (await Redis.StreamRangeAsync("bulk-http", count: 2)).Select(entry => JsonDocument.Parse(entry["data"].ToString()).RootElement.GetProperty("data").ToString()));
        await World.RefusedAsync("POST", "/v1.0/publish/bulk/bus/bulk-http", 400, "ERR_PUBSUB_EVENTS_SER", """[{"entryId":"1","event":"a","contentType":"text/plain"},{"entryId":"1","event":"b","contentType":"text/plain"}]""");
        await World.RefusedAsync("POST", "/v1.0/publish/bulk/bus/bulk-http", 500, "ERR_PUBSUB_CLOUD_EVENTS_SER", """[{"entryId":"1","event":1,"contentType":"text/plain"}]""");
    }

    [Fact]
    public async Task What_cannot_be_published_is_refused()
    {
        Assert.Equal("pubsub other is not found", await World.RefusedAsync("POST", "/v1.0/publish/other/topic", 404, "ERR_PUBSUB_NOT_FOUND", "x"));
        Assert.Equal("topic secret is not allowed for app id app", await World.RefusedAsync("POST", "/v1.0/publish/bus/secret", 403, "ERR_PUBSUB_FORBIDDEN", "x"));
        await World.RefusedAsync("POST", "/v1.0/publish/bus/topic", 500, "ERR_PUBSUB_CLOUD_EVENTS_SER", "no json", ("Content-Type", "application/cloudevents+json"));
    }

    private static string? Text(JsonElement envelope, string name) => envelope.GetProperty(name).GetString();

    private async Task<JsonElement> LastAsync(string topic) => JsonDocument.Parse((await Redis.StreamRangeAsync(topic))[^1]["data"].ToString()).RootElement;
}
