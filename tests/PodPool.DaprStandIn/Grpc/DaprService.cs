using PodPool.DaprStandIn.Bindings;
using PodPool.DaprStandIn.Configuration;
using PodPool.DaprStandIn.Invocation;
using PodPool.DaprStandIn.Locks;
using PodPool.DaprStandIn.PubSub;
using PodPool.DaprStandIn.Secrets;
using PodPool.DaprStandIn.State;

namespace PodPool.DaprStandIn.Grpc;

/// <summary>What Dapr's gRPC API is served with.</summary>
internal sealed record DaprService(
    StateCalls State, PublishCalls Publish, ConfigurationCalls Configuration, InvokeCalls Invoke, StreamingSubscriptions Streaming,
    BindingApi Bindings, SecretApi Secrets, LockApi Locks, MetadataApi Metadata, RuntimeState Runtime);
