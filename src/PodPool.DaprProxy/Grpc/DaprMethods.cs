using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server.Model;
using PodPool.DaprProxy.Access;
using PodPool.DaprProxy.State;

namespace PodPool.DaprProxy.Grpc;

/// <summary>The methods of Dapr's gRPC API that pass, and what is done with their messages.</summary>
/// <remarks>
/// Dapr's package has clients alone, so the methods are bound here. What is neither in the list nor among <see cref="PassedMethods"/> is answered UNIMPLEMENTED,
/// as by a daprd that does not know it.
/// </remarks>
internal sealed class DaprMethods : IServiceMethodProvider<DaprService>
{
    private static readonly DaprMethod[] All =
    [
        new DaprMethod<GetStateRequest, GetStateResponse>("GetState", request => new DaprCall.State(request.StoreName))
        {
            Inward = (request, space) => request.Key = Enter(request.Key, space),
        },
        new DaprMethod<GetBulkStateRequest, GetBulkStateResponse>("GetBulkState", request => new DaprCall.State(request.StoreName))
        {
            Inward = (request, space) => Replace(request.Keys, key => Enter(key, space)),
            Outward = (answer, _, space) =>
            {
                Leave(answer.Items, space!, item => item.Key, (item, key) => item.Key = key);
                return answer;
            },
        },
        new DaprMethod<SaveStateRequest, Empty>("SaveState", request => new DaprCall.State(request.StoreName))
        {
            Inward = (request, space) => Enter(request.States, space),
        },
        new DaprMethod<DeleteStateRequest, Empty>("DeleteState", request => new DaprCall.State(request.StoreName))
        {
            Inward = (request, space) => request.Key = Enter(request.Key, space),
        },
        new DaprMethod<DeleteBulkStateRequest, Empty>("DeleteBulkState", request => new DaprCall.State(request.StoreName))
        {
            Inward = (request, space) => Enter(request.States, space),
        },
        new DaprMethod<ExecuteStateTransactionRequest, Empty>("ExecuteStateTransaction", request => new DaprCall.State(request.StoreName))
        {
            Inward = (request, space) => Enter(request.Operations.Select(operation => operation.Request ?? throw new FormatException("an operation has no request")), space),
        },
        new DaprMethod<QueryStateRequest, QueryStateResponse>("QueryStateAlpha1", request => new DaprCall.State(request.StoreName))
        {
            Outward = (answer, _, space) =>
            {
                Leave(answer.Results, space!, item => item.Key, (item, key) => item.Key = key);
                return answer;
            },
        },
        new DaprMethod<PublishEventRequest, Empty>("PublishEvent", request => new DaprCall.Publish(request.PubsubName, request.Topic)),
        new DaprMethod<BulkPublishRequest, BulkPublishResponse>("BulkPublishEvent", request => new DaprCall.Publish(request.PubsubName, request.Topic)),
        new DaprMethod<BulkPublishRequest, BulkPublishResponse>("BulkPublishEventAlpha1", request => new DaprCall.Publish(request.PubsubName, request.Topic)),
        new DaprMethod<InvokeBindingRequest, InvokeBindingResponse>("InvokeBinding", request => new DaprCall.Binding(request.Name)),
        new DaprMethod<GetSecretRequest, GetSecretResponse>("GetSecret", request => new DaprCall.Secret(request.StoreName, request.Key, NamespaceIn(request.Metadata))),
        new DaprMethod<GetBulkSecretRequest, GetBulkSecretResponse>("GetBulkSecret", request => new DaprCall.Secret(request.StoreName, null, NamespaceIn(request.Metadata))),
        new DaprMethod<GetConfigurationRequest, GetConfigurationResponse>("GetConfiguration", request => new DaprCall.Configuration(request.StoreName, request.Keys)),
        new DaprMethod<GetConfigurationRequest, GetConfigurationResponse>("GetConfigurationAlpha1", request => new DaprCall.Configuration(request.StoreName, request.Keys)),
        new DaprMethod<SubscribeConfigurationRequest, SubscribeConfigurationResponse>(
            "SubscribeConfiguration", request => new DaprCall.Configuration(request.StoreName, request.Keys), streams: true),
        new DaprMethod<SubscribeConfigurationRequest, SubscribeConfigurationResponse>(
            "SubscribeConfigurationAlpha1", request => new DaprCall.Configuration(request.StoreName, request.Keys), streams: true),
        new DaprMethod<UnsubscribeConfigurationRequest, UnsubscribeConfigurationResponse>("UnsubscribeConfiguration", request => new DaprCall.Configuration(request.StoreName, null)),
        new DaprMethod<UnsubscribeConfigurationRequest, UnsubscribeConfigurationResponse>("UnsubscribeConfigurationAlpha1", request => new DaprCall.Configuration(request.StoreName, null)),
        new DaprMethod<TryLockRequest, TryLockResponse>("TryLockAlpha1", request => new DaprCall.Lock(request.StoreName))
        {
            Inward = (request, space) => request.ResourceId = Enter(request.ResourceId, space),
        },
        new DaprMethod<UnlockRequest, UnlockResponse>("UnlockAlpha1", request => new DaprCall.Lock(request.StoreName))
        {
            Inward = (request, space) => request.ResourceId = Enter(request.ResourceId, space),
        },
        new DaprMethod<InvokeServiceRequest, InvokeResponse>("InvokeService", request => new DaprCall.Invoke(request.Id))
        {
            Instead = (service, request, context) => service.TryInvokeFunction(request, context),
        },
        new DaprMethod<GetMetadataRequest, GetMetadataResponse>("GetMetadata", _ => new DaprCall.Metadata())
        {
            // Of the subscriptions, endpoints and actors of all, nothing.
            Outward = (answer, caller, _) => new()
            {
                Id = $"{caller.Function}.{caller.Namespace}",
                RuntimeVersion = answer.RuntimeVersion,
                EnabledFeatures = { answer.EnabledFeatures },
                RegisteredComponents = { answer.RegisteredComponents.Where(component => AccessRules.Names(caller.Access, component.Name)) },
            },
        },
    ];

    /// <summary>Whether the door knows a method, and judges what it is called with.</summary>
    public static bool Knows(string method) => Array.Exists(All, known => known.Name == method);

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<DaprService> context)
    {
        foreach (var method in All)
        {
            method.Bind(context);
        }
    }

    /// <remarks>Dapr refuses an empty key; with a prefix it would not be empty any more.</remarks>
    private static string Enter(string key, KeySpace space) => key.Length > 0 ? space.Enter(key) : throw new FormatException("a key is empty");

    private static void Enter(IEnumerable<StateItem> items, KeySpace space)
    {
        foreach (var item in items)
        {
            item.Key = Enter(item.Key, space);
        }
    }

    /// <summary>The namespace that a secret's request names, however it is spelt.</summary>
    private static string? NamespaceIn(MapField<string, string> metadata)
        => metadata.Where(pair => pair.Key.Equals("namespace", StringComparison.OrdinalIgnoreCase)).Select(pair => pair.Value).FirstOrDefault();

    private static void Replace(RepeatedField<string> keys, Func<string, string> with)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            keys[i] = with(keys[i]);
        }
    }

    /// <summary>Items of the function's own, with its own names for them; all others go.</summary>
    private static void Leave<T>(RepeatedField<T> items, KeySpace space, Func<T, string> keyOf, Action<T, string> name)
    {
        var own = new List<T>(items.Count);
        foreach (var item in items)
        {
            if (space.TryLeave(keyOf(item), out var key))
            {
                name(item, key);
                own.Add(item);
            }
        }

        items.Clear();
        items.AddRange(own);
    }
}
