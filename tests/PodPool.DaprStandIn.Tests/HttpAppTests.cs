using System.Text.Json;
using PodPool.DaprStandIn.Tests.Worlds;
using StackExchange.Redis;

namespace PodPool.DaprStandIn.Tests;

/// <summary>An application that speaks HTTP gets what it asked for.</summary>
public sealed class HttpAppTests(HttpAppWorld app, SharedDaprd shared) : DaprTests(shared), IClassFixture<HttpAppWorld>
{
    private protected override Task<DaprWorld> WorldAsync() => app.WorldAsync();

    [Fact]
    public async Task An_event_comes_and_is_acknowledged()
    {
        await PublishAsync("w-plain", 1);
        var sent = await app.At("/plain").TakeAsync();
        Assert.Equal(("""{"number":1}""", "it is daprd", "bus"), (sent.Body, sent.Headers["dapr-api-token"].ToString(), sent.Headers["pubsubname"].ToString()));
        Assert.StartsWith("00-", sent.Headers["traceparent"].ToString(), StringComparison.Ordinal);
        await Redis.NothingPendingAsync("w-plain", "web");
    }

    [Fact]
    public async Task What_is_to_be_retried_comes_again()
    {
        app.Answer("/retried", 200, """{"status":"RETRY"}""");
        app.Answer("/retried", 500);
        app.Answer("/retried", 200, """{"status":"WHATEVER"}""");
        await PublishAsync("w-retried", 2);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("""{"number":2}""", (await app.At("/retried").TakeAsync()).Body);
        }

        await Redis.NothingPendingAsync("w-retried", "web");
    }

    [Fact]
    public async Task An_application_that_does_not_answer_gets_it_again()
    {
        app.Answer("/slow", 0);
        await PublishAsync("w-slow", 3);
        await app.At("/slow").TakeAsync();
        Assert.Equal(1, (await Redis.StreamPendingAsync("w-slow", "web")).PendingMessageCount);
        await app.At("/slow").TakeAsync();
        await Redis.NothingPendingAsync("w-slow", "web");
    }

    [Fact]
    public async Task What_is_not_wanted_or_fails_goes_to_the_dead_letters()
    {
        app.Answer("/w-dropped", 200, """{"status":"DROP"}""");
        app.Answer("/w-unknown", 404);
        app.Answer("/w-failed", 500);
        app.Answer("/w-again", 200, """{"status":"RETRY"}""");
        string[] topics = ["w-dropped", "w-unknown", "w-failed", "w-again"];
        for (var i = 0; i < topics.Length; i++)
        {
            await PublishAsync(topics[i], 10 + i);
        }

        List<string> buried = [];
        for (var i = 0; i < topics.Length; i++)
        {
            buried.Add((await app.At("/dead").TakeAsync()).Body);
        }

        Assert.Equal(["""{"number":10}""", """{"number":11}""", """{"number":12}""", """{"number":13}"""], buried.Order());
        foreach (var topic in topics)
        {
            await Redis.NothingPendingAsync(topic, "web");
            Assert.NotNull(await app.At("/" + topic).TakeAsync());
        }
    }

    [Fact]
    public async Task A_rule_says_which_path_an_event_takes()
    {
        foreach (var (type, path) in new[] { ("widget", "/widgets"), ("gadget", "/gadgets"), ("other", "/things") })
        {
            await World.Client.PublishEventAsync("bus", "w-typed", new { type }, new Dictionary<string, string> { ["cloudevent.type"] = type }, Cancelled);
            Assert.Equal($$"""{"type":"{{type}}"}""", (await app.At(path).TakeAsync()).Body);
        }

        foreach (var (size, path) in new[] { (5, "/declared/large"), (2, "/declared/other") })
        {
            await World.Client.PublishEventAsync("bus", "declared", new { size }, Cancelled);
            await app.At(path).TakeAsync();
        }
    }

    [Fact]
    public async Task Raw_data_come_in_an_envelope_of_daprds()
    {
        await Redis.StreamAddAsync("w-raw", "data", "hello");
        Assert.Equal("hello", (await app.At("/raw").TakeAsync()).Body);
    }

    [Fact]
    public async Task Many_come_at_once_and_are_answered_one_by_one()
    {
        app.Answer("/many", 0);
        await World.Client.BulkPublishEventAsync("bus", "w-many", (IReadOnlyList<int>)[1, 2, 3], cancellationToken: Cancelled);
        List<int> numbers = [];
        while (numbers.Count < 4)
        {
            using var envelope = JsonDocument.Parse((await app.At("/many").TakeAsync()).Body);
            Assert.Equal(("com.dapr.event.sent.bulk", "w-many"), (envelope.RootElement.GetProperty("type").GetString(), envelope.RootElement.GetProperty("topic").GetString()));
            numbers.AddRange(envelope.RootElement.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("event").GetProperty("data").GetInt32()));
        }

        Assert.Equal([1, 2, 3], numbers.Distinct().Order());
        await Redis.NothingPendingAsync("w-many", "web");
    }

    [Fact]
    public async Task A_binding_fires_for_whoever_knows_its_path()
    {
        var sent = await app.At("/ticks").TakeAsync();
        Assert.Equal(("POST", "UTC"), (sent.Method, sent.Headers["timeZone"].ToString()));
        Assert.NotEmpty(sent.Headers["readTimeUTC"].ToString());
        Assert.True(app.At("/unwanted").IsEmpty);
    }

    [Fact]
    public async Task Changes_of_configuration_are_posted()
    {
        var settings = Redis.Multiplexer.GetDatabase(2);
        var (_, body) = await World.AskAsync("GET", "/v1.0/configuration/settings/subscribe?key=colour");
        var id = JsonDocument.Parse(body).RootElement.GetProperty("id").GetString();
        await settings.StringSetAsync("colour", "green");
        Assert.Equal($$$$"""{"id":"{{{{id}}}}","items":{"colour":{"value":"green"}}}""" + "\n", (await app.At("/configuration/settings/colour").TakeAsync()).Body);
        Assert.Equal("""{"ok":true}""" + "\n", (await World.AskAsync("GET", $"/v1.0/configuration/settings/{id}/unsubscribe")).Body);
        var (status, why) = await World.AskAsync("GET", $"/v1.0/configuration/settings/{id}/unsubscribe");
        Assert.Equal((500, $$"""{"message":"failed to unsubscribe to configuration request {{id}}: subscription with id {{id}} does not exist"}""" + "\n"), (status, why));
    }

    [Fact]
    public async Task It_is_called_by_its_id()
    {
        app.Answer("/say/hello", 418, "teapot");
        var (status, body) = await World.AskAsync("PATCH", "/v1.0/invoke/web/method/say/hello?x=1&X=2", "hi", ("Content-Type", "text/plain"), ("own", "header"));
        Assert.Equal((418, "teapot"), (status, body));
        var sent = await app.At("/say/hello").TakeAsync();
        Assert.Equal(("PATCH", "hi", "header", "web", "it is daprd"), (sent.Method, sent.Body, sent.Headers["own"].ToString(), sent.Headers["dapr-callee-app-id"].ToString(), sent.Headers["dapr-api-token"].ToString()));

        // Named by a header, on a path that no route takes.
        Assert.Equal(200, (await World.AskAsync("GET", "/by/header", null, ("dapr-app-id", "web"))).Status);
        Assert.False((await app.At("/by/header").TakeAsync()).Headers.ContainsKey("dapr-app-id"));
        Assert.Equal(200, (await World.AskAsync("GET", "/v1.0/invoke/other/method/there")).Status);
        await app.At("/other/there").TakeAsync();
        Assert.Equal("failed to invoke, id: nobody, err: couldn't find service: nobody", await World.RefusedAsync("GET", "/v1.0/invoke/nobody/method/x", 500, "ERR_DIRECT_INVOKE"));
        using var client = World.Client.CreateInvokableHttpClient("web");
        Assert.Equal("", await client.GetStringAsync(new Uri("by/client", UriKind.Relative), Cancelled));
        await app.At("/by/client").TakeAsync();
    }

    [Fact]
    public async Task It_is_called_by_grpc()
    {
        app.Answer("/asked", 200, "answer");
        var answer = await World.Grpc.InvokeServiceAsync(new() { Id = "web", Message = new() { Method = "asked", HttpExtension = new() { Verb = Dapr.Client.Autogen.Grpc.v1.HTTPExtension.Types.Verb.Get } } }, cancellationToken: Cancelled);
        Assert.Equal("answer", answer.Data.Value.ToStringUtf8());
        Assert.Equal("GET", (await app.At("/asked").TakeAsync()).Method);
        app.Answer("/asked", 404);
        var thrown = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await World.Grpc.InvokeServiceAsync(new() { Id = "web", Message = new() { Method = "asked" } }, cancellationToken: Cancelled));
        Assert.Equal((Grpc.Core.StatusCode.NotFound, "Not Found"), (thrown.StatusCode, thrown.Status.Detail));
    }

    [Fact]
    public async Task Metadata_tells_of_its_subscriptions()
    {
        using var body = JsonDocument.Parse((await World.AskAsync("GET", "/v1.0/metadata")).Body);
        Assert.Contains(body.RootElement.GetProperty("subscriptions").EnumerateArray(), subscription => subscription.GetProperty("topic").GetString() == "w-dropped" && subscription.GetProperty("deadLetterTopic").GetString() == "w-dead");
        Assert.Equal("http", body.RootElement.GetProperty("appConnectionProperties").GetProperty("protocol").GetString());
    }

    private Task PublishAsync(string topic, int number) => World.Client.PublishEventAsync("bus", topic, new { number }, Cancelled);
}
