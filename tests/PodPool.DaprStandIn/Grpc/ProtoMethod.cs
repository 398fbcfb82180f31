using Google.Protobuf;
using Grpc.Core;

namespace PodPool.DaprStandIn.Grpc;

/// <summary>Methods of services for which there is no generated code: Dapr's package has neither its own server nor the callback's client.</summary>
internal static class ProtoMethod
{
    public static Method<TRequest, TResponse> Of<TRequest, TResponse>(string service, string name, MethodType type = MethodType.Unary)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
        => new(type, service, name, MarshallerOf<TRequest>(), MarshallerOf<TResponse>());

    private static Marshaller<T> MarshallerOf<T>()
        where T : class, IMessage<T>, new()
    {
        var parser = new MessageParser<T>(() => new());
        return Marshallers.Create(
            (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
    }
}
