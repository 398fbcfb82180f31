using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using PodPool.DaprStandIn.PubSub;

namespace PodPool.DaprStandIn.Grpc;

/// <summary>Publishing by gRPC: dapr/dapr pkg/api/grpc/grpc.go.</summary>
internal sealed class PublishCalls(PublishApi publish)
{
    public async Task<Empty> PublishAsync(PublishEventRequest request, ServerCallContext call)
    {
        await publish.PublishAsync(request.PubsubName, request.Topic, request.Data.ToByteArray(), request.DataContentType, call.RequestHeaders.GetValue("traceparent"), request.Metadata);
        return new();
    }

    public async Task<BulkPublishResponse> PublishAsync(BulkPublishRequest request, ServerCallContext call)
    {
        var entries = request.Entries.Select(entry => new BulkEntry(entry.EntryId, entry.Event.ToByteArray(), entry.ContentType, entry.Metadata)).ToList();
        var failed = await publish.PublishAsync(request.PubsubName, request.Topic, entries, call.RequestHeaders.GetValue("traceparent"), request.Metadata);
        return new() { FailedEntries = { failed.Select(entry => new BulkPublishResponseFailedEntry { EntryId = entry.Id, Error = entry.Why }) } };
    }
}
