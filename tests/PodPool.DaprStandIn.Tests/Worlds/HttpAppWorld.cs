using System.Collections.Concurrent;
using Dapr;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using PodPool.DaprStandIn.Starting;

namespace PodPool.DaprStandIn.Tests.Worlds;

/// <summary>What an application was sent.</summary>
internal sealed record Sent(string Method, string Path, string Body, IHeaderDictionary Headers);

/// <summary>An application made with Dapr.AspNetCore beside a stand-in of its own.</summary>
public sealed class HttpAppWorld(SharedDaprd shared) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Mailbox<Sent>> _sent = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<(int Status, string Body)>> _answers = new();
    private readonly SemaphoreSlim _starting = new(1);
    private TestApp? _app;
    private DaprWorld? _world;

    /// <summary>The stand-in; started by whoever asks first.</summary>
    internal async Task<DaprWorld> WorldAsync()
    {
        await _starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return _world ??= await StartAsync();
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>What comes to a path.</summary>
    internal Mailbox<Sent> At(string path) => _sent.GetOrAdd(path, _ => new());

    /// <summary>The next answer of a path, before it goes on saying that all is well.</summary>
    internal void Answer(string path, int status, string body = "") => _answers.GetOrAdd(path, _ => new()).Enqueue((status, body));

    public async ValueTask DisposeAsync()
    {
        if (_world is not null)
        {
            await _world.DisposeAsync();
        }

        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _starting.Dispose();
    }

    private async Task<DaprWorld> StartAsync()
    {
        var server = await shared.ServerAsync();
        _app = await TestApp.StartAsync(null, Map);
        return await DaprWorld.StartAsync(new()
        {
            AppId = "web",
            AppPort = _app.Port,
            AppToken = "it is daprd",
            Flags = ["--peer", $"other=http://127.0.0.1:{_app.Port}/other"],
            Resources =
            [
                ComponentFile.Of(server, "pubsub.redis", "bus", ("processingTimeout", "400ms"), ("redeliverInterval", "100ms")),
                ComponentFile.Of(server, "configuration.redis", "settings", ("redisDB", "2")),
                ComponentFile.Of("bindings.cron", "tick", ("schedule", "@every 1s"), ("route", "/ticks")),
                ComponentFile.Of("bindings.cron", "unwanted", ("schedule", "@every 1s")),
                """
                apiVersion: dapr.io/v2alpha1
                kind: Subscription
                metadata:
                  name: declared
                spec:
                  pubsubname: bus
                  topic: declared
                  routes:
                    rules:
                    - match: has(event.data.size) && event.data.size > 3.0
                      path: /declared/large
                    default: /declared/other
                """,
            ],
        });
    }

    private void Map(WebApplication app)
    {
        app.UseCloudEvents();
        app.MapSubscribeHandler();
        foreach (var (path, topic) in new[] { ("/plain", "w-plain"), ("/retried", "w-retried"), ("/slow", "w-slow"), ("/dead", "w-dead") })
        {
            app.MapPost(path, AnswerAsync).WithTopic("bus", topic);
        }

        foreach (var topic in new[] { "w-dropped", "w-unknown", "w-failed", "w-again" })
        {
            app.MapPost("/" + topic, AnswerAsync).WithTopic(new TopicOptions { PubsubName = "bus", Name = topic, DeadLetterTopic = "w-dead" });
        }

        app.MapPost("/raw", AnswerAsync).WithTopic("bus", "w-raw", enableRawPayload: true);
        app.MapPost("/widgets", AnswerAsync).WithTopic(new TopicOptions { PubsubName = "bus", Name = "w-typed", Match = "event.type == \"widget\"", Priority = 1 });
        app.MapPost("/gadgets", AnswerAsync).WithTopic(new TopicOptions { PubsubName = "bus", Name = "w-typed", Match = "event.type == \"gadget\"", Priority = 2 });
        app.MapPost("/things", AnswerAsync).WithTopic("bus", "w-typed");
        app.MapPost("/many", ManyAsync).WithTopic("bus", "w-many").WithMetadata(new BulkSubscribeAttribute("w-many", 3, 200));
        app.MapPost("/ticks", AnswerAsync);
        app.Map("/{**path}", AnswerAsync);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var sent = await TakeAsync(context);
        var (status, body) = _answers.TryGetValue(sent.Path, out var answers) && answers.TryDequeue(out var answer) ? answer : (Default(sent), "");
        context.Response.StatusCode = status;
        if (status == 0)
        {
            // Never an answer.
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }

        await context.Response.WriteAsync(body);
    }

    /// <remarks>Nobody knows the path of the binding that is not wanted.</remarks>
    private static int Default(Sent sent) => sent is { Method: "OPTIONS", Path: "/unwanted" } ? 404 : 200;

    private async Task ManyAsync(HttpContext context)
    {
        var sent = await TakeAsync(context);
        var ids = System.Text.Json.JsonDocument.Parse(sent.Body).RootElement.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("entryId").GetString());

        // The first of each is wanted again once.
        var again = _answers.TryGetValue("/many", out var answers) && answers.TryDequeue(out _);
        await context.Response.WriteAsJsonAsync(new { statuses = ids.Select((id, i) => new { entryId = id, status = again && i == 0 ? "RETRY" : "SUCCESS" }) });
    }

    private async Task<Sent> TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var sent = new Sent(context.Request.Method, context.Request.Path, await reader.ReadToEndAsync(context.RequestAborted), new HeaderDictionary(context.Request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase)));
        if (sent.Method != "OPTIONS")
        {
            At(sent.Path).Put(sent);
        }

        return sent;
    }
}
