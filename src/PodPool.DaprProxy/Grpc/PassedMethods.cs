using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace PodPool.DaprProxy.Grpc;

/// <summary>Methods that the door does not know and the operator lets through: their messages pass unread, streams or not.</summary>
/// <param name="options">Which.</param>
internal sealed class PassedMethods(DoorOptions options) : IServiceMethodProvider<DaprService>
{
    private static readonly Marshaller<byte[]> AsItIs = Marshallers.Create(bytes => bytes, bytes => bytes);

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<DaprService> context)
    {
        foreach (var name in options.PassMethods)
        {
            // On the wire one message is a stream of one.
            var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, DaprMethod.Service, name, AsItIs, AsItIs);
            context.AddDuplexStreamingMethod(method, [], (service, requests, answers, call) => service.PassUnreadAsync(method, requests, answers, call));
        }
    }
}
