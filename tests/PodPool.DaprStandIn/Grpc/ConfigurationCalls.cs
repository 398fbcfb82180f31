using System.Collections.Concurrent;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf.Collections;
using Grpc.Core;
using PodPool.DaprStandIn.Configuration;

namespace PodPool.DaprStandIn.Grpc;

/// <summary>Configuration by gRPC: dapr/dapr pkg/api/grpc/grpc.go. The first answer of a stream is the subscription's id alone.</summary>
internal sealed class ConfigurationCalls(ConfigurationApi configuration, RuntimeState runtime)
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _streams = new();

    public async Task<GetConfigurationResponse> GetAsync(GetConfigurationRequest request)
    {
        var response = new GetConfigurationResponse();
        Add(response.Items, await configuration.GetAsync(request.StoreName, request.Keys));
        return response;
    }

    public async Task SubscribeAsync(SubscribeConfigurationRequest request, IServerStreamWriter<SubscribeConfigurationResponse> changes, ServerCallContext call)
    {
        var store = configuration.Store(request.StoreName);
        using var writing = new SemaphoreSlim(1);
        var announced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var id = await store.SubscribeAsync(request.Keys, async change =>
        {
            await announced.Task;
            var response = new SubscribeConfigurationResponse { Id = change.SubscriptionId };
            Add(response.Items, change.Items);
            await writing.WaitAsync(call.CancellationToken);
            try
            {
                await changes.WriteAsync(response, call.CancellationToken);
            }
            finally
            {
                writing.Release();
            }
        });
        _streams[id] = ended;
        try
        {
            await changes.WriteAsync(new() { Id = id }, call.CancellationToken);
            announced.SetResult();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, runtime.Ending);
            await ended.Task.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // The caller left, or the process ends.
        }
        finally
        {
            _streams.TryRemove(id, out _);
            await store.UnsubscribeAsync(id);
        }
    }

    public Task<UnsubscribeConfigurationResponse> UnsubscribeAsync(UnsubscribeConfigurationRequest request)
    {
        configuration.Store(request.StoreName);
        var known = _streams.TryRemove(request.Id, out var stream);
        stream?.TrySetResult();
        return Task.FromResult(new UnsubscribeConfigurationResponse
        {
            Ok = known,
            Message = known ? "" : $"failed to unsubscribe to configuration request {request.Id}: subscription does not exist",
        });
    }

    private static void Add(MapField<string, ConfigurationItem> to, IReadOnlyDictionary<string, ConfigurationValue> items)
    {
        foreach (var (key, item) in items)
        {
            to[key] = new() { Value = item.Value, Version = item.Version };
        }
    }
}
