using System.Collections.Concurrent;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace PodPool.DaprProxy.Tests.Grpc;

/// <summary>A daprd with one state store in memory, which all its callers share: enough to see who reaches whose keys.</summary>
internal sealed class MemoryDaprd
{
    public ConcurrentDictionary<string, ByteString> Stored { get; } = new();

    /// <summary>What came, as text.</summary>
    public ConcurrentQueue<(string Method, IMessage Request, Metadata Headers)> Arrived { get; } = new();

    /// <summary>Thrown instead of an answer.</summary>
    public RpcException? Fault { get; set; }

    /// <summary>A call's answer waits for it.</summary>
    public Task Go { get; set; } = Task.CompletedTask;

    public GetStateResponse Get(GetStateRequest request) => new() { Data = Stored.GetValueOrDefault(request.Key, ByteString.Empty), Etag = "1" };

    public GetBulkStateResponse Get(GetBulkStateRequest request)
        => new() { Items = { request.Keys.Select(key => new BulkStateItem { Key = key, Data = Stored.GetValueOrDefault(key, ByteString.Empty) }) } };

    public Empty Save(SaveStateRequest request) => Put(request.States);

    public Empty Run(ExecuteStateTransactionRequest request)
    {
        foreach (var operation in request.Operations)
        {
            _ = operation.OperationType == "delete" ? Remove(operation.Request.Key) : Put([operation.Request]);
        }

        return new();
    }

    public Empty Delete(DeleteStateRequest request) => Remove(request.Key);

    public QueryStateResponse Query(QueryStateRequest request)
        => new() { Results = { Stored.Select(pair => new QueryStateItem { Key = pair.Key, Data = pair.Value }) }, Token = request.Query };

    public static GetMetadataResponse Tell() => new()
    {
        Id = "door", RuntimeVersion = "1.16.0", RegisteredComponents = { new RegisteredComponents { Name = "store" }, new RegisteredComponents { Name = "vault" } },
        Subscriptions = { new PubsubSubscription { Topic = "secret" } },
    };

    private Empty Put(IEnumerable<StateItem> items)
    {
        foreach (var item in items)
        {
            Stored[item.Key] = item.Value;
        }

        return new();
    }

    private Empty Remove(string key)
    {
        Stored.TryRemove(key, out _);
        return new();
    }

    /// <summary>Its methods, bound by hand: Dapr's package has no server.</summary>
    internal sealed class Methods : IServiceMethodProvider<MemoryDaprd>
    {
        public void OnServiceMethodDiscovery(ServiceMethodProviderContext<MemoryDaprd> context)
        {
            Bind<GetStateRequest, GetStateResponse>(context, "GetState", (daprd, request) => daprd.Get(request));
            Bind<GetBulkStateRequest, GetBulkStateResponse>(context, "GetBulkState", (daprd, request) => daprd.Get(request));
            Bind<SaveStateRequest, Empty>(context, "SaveState", (daprd, request) => daprd.Save(request));
            Bind<ExecuteStateTransactionRequest, Empty>(context, "ExecuteStateTransaction", (daprd, request) => daprd.Run(request));
            Bind<DeleteStateRequest, Empty>(context, "DeleteState", (daprd, request) => daprd.Delete(request));
            Bind<QueryStateRequest, QueryStateResponse>(context, "QueryStateAlpha1", (daprd, request) => daprd.Query(request));
            Bind<PublishEventRequest, Empty>(context, "PublishEvent", (_, _) => new());
            Bind<GetMetadataRequest, GetMetadataResponse>(context, "GetMetadata", (_, _) => Tell());
        }

        private static void Bind<TRequest, TResponse>(ServiceMethodProviderContext<MemoryDaprd> context, string name, Func<MemoryDaprd, TRequest, TResponse> answer)
            where TRequest : class, IMessage<TRequest>, new()
            where TResponse : class, IMessage<TResponse>, new()
        {
            var method = new Method<TRequest, TResponse>(
                MethodType.Unary, "dapr.proto.runtime.v1.Dapr", name,
                Marshallers.Create(message => message.ToByteArray(), bytes => new MessageParser<TRequest>(() => new()).ParseFrom(bytes)),
                Marshallers.Create(message => message.ToByteArray(), bytes => new MessageParser<TResponse>(() => new()).ParseFrom(bytes)));
            context.AddUnaryMethod(method, [], async (daprd, request, call) =>
            {
                daprd.Arrived.Enqueue((name, request, call.RequestHeaders));
                await daprd.Go.WaitAsync(call.CancellationToken);
                return daprd.Fault is { } fault ? throw fault : answer(daprd, request);
            });
        }
    }
}
