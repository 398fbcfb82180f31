using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace PodPool.DaprStandIn.Grpc;

/// <summary>The methods of Dapr's gRPC API, bound by hand: Dapr's package has no server. What is not here is answered UNIMPLEMENTED.</summary>
internal sealed class DaprMethods : IServiceMethodProvider<DaprService>
{
    private const string Service = "dapr.proto.runtime.v1.Dapr";

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<DaprService> context)
    {
        Unary<GetStateRequest, GetStateResponse>(context, "GetState", (dapr, request, _) => dapr.State.GetAsync(request));
        Unary<GetBulkStateRequest, GetBulkStateResponse>(context, "GetBulkState", (dapr, request, _) => dapr.State.GetAsync(request));
        Unary<SaveStateRequest, Empty>(context, "SaveState", (dapr, request, _) => dapr.State.SaveAsync(request));
        Unary<DeleteStateRequest, Empty>(context, "DeleteState", (dapr, request, _) => dapr.State.DeleteAsync(request));
        Unary<DeleteBulkStateRequest, Empty>(context, "DeleteBulkState", (dapr, request, _) => dapr.State.DeleteAsync(request));
        Unary<ExecuteStateTransactionRequest, Empty>(context, "ExecuteStateTransaction", (dapr, request, _) => dapr.State.RunAsync(request));
        Unary<QueryStateRequest, QueryStateResponse>(context, "QueryStateAlpha1", (dapr, request, _) => dapr.State.Query(request));
        Unary<PublishEventRequest, Empty>(context, "PublishEvent", (dapr, request, call) => dapr.Publish.PublishAsync(request, call));
        Unary<BulkPublishRequest, BulkPublishResponse>(context, "BulkPublishEvent", (dapr, request, call) => dapr.Publish.PublishAsync(request, call));
        Unary<BulkPublishRequest, BulkPublishResponse>(context, "BulkPublishEventAlpha1", (dapr, request, call) => dapr.Publish.PublishAsync(request, call));
        Unary<InvokeBindingRequest, InvokeBindingResponse>(context, "InvokeBinding", async (dapr, request, _) =>
        {
            var answer = await dapr.Bindings.InvokeAsync(request.Name, request.Operation, request.Data.ToByteArray(), request.Metadata);
            return new() { Data = answer is null ? ByteString.Empty : ByteString.CopyFrom(answer) };
        });
        Unary<InvokeServiceRequest, InvokeResponse>(context, "InvokeService", (dapr, request, call) => dapr.Invoke.InvokeAsync(request, call));
        Unary<GetSecretRequest, GetSecretResponse>(context, "GetSecret", (dapr, request, _) => Task.FromResult(dapr.Secrets.Get(request)));
        Unary<GetBulkSecretRequest, GetBulkSecretResponse>(context, "GetBulkSecret", (dapr, request, _) => Task.FromResult(dapr.Secrets.GetAll(request)));
        Unary<GetConfigurationRequest, GetConfigurationResponse>(context, "GetConfiguration", (dapr, request, _) => dapr.Configuration.GetAsync(request));
        Unary<GetConfigurationRequest, GetConfigurationResponse>(context, "GetConfigurationAlpha1", (dapr, request, _) => dapr.Configuration.GetAsync(request));
        Stream<SubscribeConfigurationRequest, SubscribeConfigurationResponse>(context, "SubscribeConfiguration", (dapr, request, changes, call) => dapr.Configuration.SubscribeAsync(request, changes, call));
        Stream<SubscribeConfigurationRequest, SubscribeConfigurationResponse>(context, "SubscribeConfigurationAlpha1", (dapr, request, changes, call) => dapr.Configuration.SubscribeAsync(request, changes, call));
        Unary<UnsubscribeConfigurationRequest, UnsubscribeConfigurationResponse>(context, "UnsubscribeConfiguration", (dapr, request, _) => dapr.Configuration.UnsubscribeAsync(request));
        Unary<UnsubscribeConfigurationRequest, UnsubscribeConfigurationResponse>(context, "UnsubscribeConfigurationAlpha1", (dapr, request, _) => dapr.Configuration.UnsubscribeAsync(request));
        Unary<TryLockRequest, TryLockResponse>(context, "TryLockAlpha1", (dapr, request, _) => dapr.Locks.TryLockAsync(request));
        Unary<UnlockRequest, UnlockResponse>(context, "UnlockAlpha1", (dapr, request, _) => dapr.Locks.UnlockAsync(request));
        Unary<GetMetadataRequest, GetMetadataResponse>(context, "GetMetadata", (dapr, _, _) => Task.FromResult(dapr.Metadata.Get()));
        Unary<SetMetadataRequest, Empty>(context, "SetMetadata", (dapr, request, _) =>
        {
            dapr.Metadata.Set(request.Key, request.Value);
            return Task.FromResult(new Empty());
        });
        Unary<ShutdownRequest, Empty>(context, "Shutdown", (dapr, _, _) =>
        {
            dapr.Runtime.Ask();
            return Task.FromResult(new Empty());
        });
        context.AddDuplexStreamingMethod(
            ProtoMethod.Of<SubscribeTopicEventsRequestAlpha1, SubscribeTopicEventsResponseAlpha1>(Service, "SubscribeTopicEventsAlpha1", MethodType.DuplexStreaming), [],
            (dapr, answers, events, call) => dapr.Streaming.SubscribeAsync(answers, events, call));
    }

    private static void Unary<TRequest, TResponse>(ServiceMethodProviderContext<DaprService> context, string name, Func<DaprService, TRequest, ServerCallContext, Task<TResponse>> answer)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
        => context.AddUnaryMethod(ProtoMethod.Of<TRequest, TResponse>(Service, name), [], (service, request, call) => answer(service, request, call));

    private static void Stream<TRequest, TResponse>(
        ServiceMethodProviderContext<DaprService> context, string name, Func<DaprService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task> answer)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
        => context.AddServerStreamingMethod(
            ProtoMethod.Of<TRequest, TResponse>(Service, name, MethodType.ServerStreaming), [], (service, request, answers, call) => answer(service, request, answers, call));
}
