using System.Collections.Concurrent;
using Dapr.AppCallback.Autogen.Grpc.v1;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using PodPool.DaprStandIn.Starting;

namespace PodPool.DaprStandIn.Tests.Worlds;

/// <summary>An application that speaks gRPC beside a stand-in of its own.</summary>
public sealed class GrpcAppWorld(SharedDaprd shared) : IAsyncDisposable
{
    private readonly SemaphoreSlim _starting = new(1);
    private TestApp? _app;
    private DaprWorld? _world;

    internal ConcurrentDictionary<string, Mailbox<TopicEventRequest>> Events { get; } = new();

    internal Mailbox<TopicEventBulkRequest> Bulks { get; } = new();

    internal Mailbox<BindingEventRequest> Bindings { get; } = new();

    internal Mailbox<InvokeRequest> Calls { get; } = new();

    /// <summary>What is answered to the events of a topic, before it goes on saying that all is well.</summary>
    internal ConcurrentDictionary<string, ConcurrentQueue<Func<TopicEventResponse>>> Answers { get; } = new();

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

    internal Mailbox<TopicEventRequest> Of(string topic) => Events.GetOrAdd(topic, _ => new());

    internal void Answer(string topic, Func<TopicEventResponse> answer) => Answers.GetOrAdd(topic, _ => new()).Enqueue(answer);

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
        _app = await TestApp.StartAsync(
            builder =>
            {
                builder.Services.AddGrpc();
                builder.Services.AddSingleton(this);
            },
            app =>
            {
                app.MapGrpcService<Callback>();
                app.MapGrpcService<CallbackAlpha>();
                app.MapGrpcService<Health>();
            },
            HttpProtocols.Http2);
        return await DaprWorld.StartAsync(new()
        {
            AppId = "rpc",
            AppPort = _app.Port,
            AppProtocol = "grpc",
            AppToken = "it is daprd",
            Flags = ["--enable-app-health-check", "--app-health-probe-interval", "1"],
            Resources =
            [
                ComponentFile.Of(server, "pubsub.redis", "bus", ("processingTimeout", "400ms"), ("redeliverInterval", "100ms")),
                ComponentFile.Of("bindings.cron", "tick", ("schedule", "* * * * * *")),
            ],
        });
    }

    private sealed class Callback(GrpcAppWorld world) : AppCallback.AppCallbackBase
    {
        public override Task<ListTopicSubscriptionsResponse> ListTopicSubscriptions(Empty request, ServerCallContext context) => Task.FromResult(new ListTopicSubscriptionsResponse
        {
            Subscriptions =
            {
                new TopicSubscription { PubsubName = "bus", Topic = "g-plain" },
                new TopicSubscription
                {
                    PubsubName = "bus", Topic = "g-typed", DeadLetterTopic = "g-dead",
                    Routes = new() { Rules = { new TopicRule { Match = "event.type == \"widget\"", Path = "/widgets" } }, Default = "/things" },
                },
                new TopicSubscription { PubsubName = "bus", Topic = "g-dead" },
                new TopicSubscription { PubsubName = "bus", Topic = "g-many", BulkSubscribe = new() { Enabled = true, MaxMessagesCount = 2, MaxAwaitDurationMs = 200 } },
            },
        });

        public override Task<TopicEventResponse> OnTopicEvent(TopicEventRequest request, ServerCallContext context)
        {
            Assert.Equal("it is daprd", context.RequestHeaders.GetValue("dapr-api-token"));
            world.Of(request.Topic).Put(request);
            return Task.FromResult(world.Answers.TryGetValue(request.Topic, out var answers) && answers.TryDequeue(out var answer) ? answer() : new());
        }

        public override Task<ListInputBindingsResponse> ListInputBindings(Empty request, ServerCallContext context) => Task.FromResult(new ListInputBindingsResponse { Bindings = { "tick" } });

        public override Task<BindingEventResponse> OnBindingEvent(BindingEventRequest request, ServerCallContext context)
        {
            world.Bindings.Put(request);
            return Task.FromResult(new BindingEventResponse());
        }

        public override Task<InvokeResponse> OnInvoke(InvokeRequest request, ServerCallContext context)
        {
            world.Calls.Put(request);
            return request.Method == "fail"
                ? throw new RpcException(new(StatusCode.FailedPrecondition, "not now"))
                : Task.FromResult(new InvokeResponse { ContentType = "text/plain", Data = new() { Value = request.Data.Value } });
        }
    }

    private sealed class CallbackAlpha(GrpcAppWorld world) : AppCallbackAlpha.AppCallbackAlphaBase
    {
        [Obsolete("Its name before it was no trial any more: daprd tries it second.")]
        public override Task<TopicEventBulkResponse> OnBulkTopicEventAlpha1(TopicEventBulkRequest request, ServerCallContext context)
        {
            world.Bulks.Put(request);
            return Task.FromResult(new TopicEventBulkResponse { Statuses = { request.Entries.Select(entry => new TopicEventBulkResponseEntry { EntryId = entry.EntryId }) } });
        }
    }

    private sealed class Health : AppCallbackHealthCheck.AppCallbackHealthCheckBase
    {
        public override Task<HealthCheckResponse> HealthCheck(Empty request, ServerCallContext context) => Task.FromResult(new HealthCheckResponse());
    }
}
